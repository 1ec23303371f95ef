"""Reading a chat relay (接龙): pasted text in, baskets by door out; what isn't certain waits for a person.

`reading.read_relay` is the way in. All of it is pure but `known`, which loads the menu, its names and the doors.
"""
