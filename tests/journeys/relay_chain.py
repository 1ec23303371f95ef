"""A chain as a group writes it, for the third grid of the demo register; the doors are real there, the wishes are not."""

from __future__ import annotations

HEADING = """#接龙
【第三网格·爱心菜吧】4月12日送菜到门口,今晚20:00截单
"""
CHAIN = f"""{HEADING}
1. 47-1-101 大白菜一份 西红柿两份
2. 47号楼1单元301土豆1鸡蛋1板
3、48栋1单元302 通菜×2
4. 50号楼1单元203,三层肉1份,白菜1份,香蕉两斤
5. 58号楼二单元301 大米1袋 白菜99份 鸡蛋1板
6. 楼上陈姐 家里没菜了 随便来点
7. 60-3-999 白菜1
8. 58号楼1单元403 洪艳 4人 电话19900000760 白菜1份 香蕉2份(老人行动不便,放门口)
"""
LONGER = f"""{CHAIN}9. 47-1-101 再加一份空心菜
10. 48-1-302 通菜改成3份
11. 47-1-301 取消
"""
