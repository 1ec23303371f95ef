"""Delivery

Revision ID: 0005
Revises: 0004
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# Conditions on tables that were there before.
CHECKS = {
    "account": {
        "only_depot_staff_keep_a_point": "delivery_point_id IS NULL OR role = 'depot'",
    },
    "badge": {
        "state": "state IN ('live', 'suspended', 'revoked')",
        "suspended_at_some_time": "(state = 'suspended') = (suspended_at IS NOT NULL)",
    },
    "batch": {
        "zone_level": "zone_level IN ('lockdown', 'controlled', 'precaution', 'normal')",
    },
    "delivery_entry": {
        "by_a_badge_or_at_the_point": "badge_id IS NOT NULL OR entered_by IS NOT NULL",
        "outcome": "outcome IN ('delivered', 'failed', 'undone')",
        "answer": "answer IN ('applied', 'duplicate', 'conflict')",
        "undone_names_what": "(outcome = 'undone') = (undoes IS NOT NULL)",
        "what_is_left_is_delivered": "left_with IS NULL OR outcome = 'delivered'",
    },
    "movement": {
        "only_known_ways": (
            "from_place || '>' || to_place IN ('count>inbound', 'count>quarantine', 'count>returned', 'count>shelf',"
            " 'delivered>handed_over', 'handed_over>delivered', 'handed_over>quarantine', 'handed_over>returned',"
            " 'inbound>count', 'inbound>shelf', 'inbound>waste', 'packed>handed_over', 'packed>shelf',"
            " 'quarantine>count', 'quarantine>shelf', 'quarantine>waste', 'returned>count', 'returned>quarantine',"
            " 'returned>shelf', 'returned>waste', 'shelf>count', 'shelf>packed', 'shelf>waste', 'supplier>inbound')"
        ),
    },
    "route": {
        "planner": "planner IN ('computed', 'manual')",
        "made_by_somebody_or_computed": "(planner = 'manual') = (made_by IS NOT NULL)",
    },
    "stop": {
        "mode": "mode IN ('door', 'entrance', 'point')",
        "an_entry_has_an_outcome": "entry_id IS NULL OR outcome IS NOT NULL",
    },
    "ticket": {
        "state": (
            "state IN ('issued', 'claimed', 'handed_over', 'under_way', 'done',"
            " 'handed_back', 'void')"
        ),
        "void_reason": "void_reason IN ('reassigned', 'cut_again', 'level_changed')",
        "a_badge_once_claimed": (
            "CASE WHEN at_point THEN badge_id IS NULL AND state NOT IN ('claimed',"
            " 'handed_over') ELSE state = 'void' OR (state = 'issued') = (badge_id IS NULL)"
            " END"
        ),
        "void_for_a_reason": (
            "(state = 'void') = (void_reason IS NOT NULL) AND (state = 'void') = (voided_at"
            " IS NOT NULL)"
        ),
    },
}
SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    # Persons and times in one exclusion constraint.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_unique_constraint(op.f('uq_delivery_entry_id_grid_id'), 'delivery_entry', ['id', 'grid_id'])
    op.create_unique_constraint(op.f('uq_badge_id_grid_id_account_id'), 'badge', ['id', 'grid_id', 'account_id'])
    op.create_table('training',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('trained_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.BigInteger(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('char_length(topic) BETWEEN 1 AND 60', name=op.f('ck_training_topic_short')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_training_account_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_training_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training')),
    sa.UniqueConstraint('account_id', 'topic', 'trained_on', name=op.f('uq_training_account_id_topic_trained_on')),
    info={'rights': 'SELECT, INSERT'}
    )
    op.create_table('volunteer_application',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), server_default='applied', nullable=False),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('phone_mark', sa.LargeBinary(), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(state = 'accepted') = (account_id IS NOT NULL)", name=op.f('ck_volunteer_application_accepted_with_an_account')),
    sa.CheckConstraint("(state = 'applied') = (decided_at IS NULL)", name=op.f('ck_volunteer_application_decided_at_some_time')),
    sa.CheckConstraint("state IN ('applied', 'accepted', 'declined')", name=op.f('ck_volunteer_application_state')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_volunteer_application_account_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_volunteer_application_community_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['account.id'], name=op.f('fk_volunteer_application_decided_by')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_volunteer_application_grid_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volunteer_application')),
    sa.UniqueConstraint('account_id', name=op.f('uq_volunteer_application_account_id'))
    )
    op.create_index('uq_volunteer_application_open', 'volunteer_application', ['community_id', 'phone_mark'], unique=True, postgresql_where=sa.text("state = 'applied'"))
    op.create_table('slot',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('cycle_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('building_id', sa.BigInteger(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('parcels', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at AND parcels > 0', name=op.f('ck_slot_for_some_time')),
    sa.ForeignKeyConstraint(['cycle_id', 'building_id', 'grid_id'], ['cycle_building.cycle_id', 'cycle_building.building_id', 'cycle_building.grid_id'], name=op.f('fk_slot_cycle_id_building_id_grid_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slot')),
    sa.UniqueConstraint('cycle_id', 'building_id', name=op.f('uq_slot_cycle_id_building_id'))
    )
    op.create_table('shift',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('badge_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    postgresql.ExcludeConstraint((sa.column('account_id'), '='), (sa.text('tstzrange(starts_at, ends_at)'), '&&'), using='gist', name='ex_shift_overlap'),
    sa.CheckConstraint("ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'", name=op.f('ck_shift_twelve_hours')),
    sa.ForeignKeyConstraint(['badge_id', 'grid_id', 'account_id'], ['badge.id', 'badge.grid_id', 'badge.account_id'], name=op.f('fk_shift_badge_id_grid_id_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift')),
    info={'rights': 'SELECT, INSERT, UPDATE'}
    )
    op.create_index('ix_shift_badge', 'shift', ['badge_id', 'ends_at'], unique=False)
    op.create_table('refused_scan',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('scanned_by', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('ticket_id', sa.BigInteger(), nullable=True),
    sa.Column('badge_id', sa.BigInteger(), nullable=True),
    sa.Column('offline', sa.Boolean(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("reason IN ('wrong_grid', 'wrong_point', 'dead_badge', 'not_the_claimant', 'expired', 'revoked', 'used', 'forged', 'unknown')", name=op.f('ck_refused_scan_reason')),
    sa.ForeignKeyConstraint(['badge_id'], ['badge.id'], name=op.f('fk_refused_scan_badge_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_refused_scan_community_id')),
    sa.ForeignKeyConstraint(['scanned_by'], ['account.id'], name=op.f('fk_refused_scan_scanned_by')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_refused_scan_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refused_scan')),
    info={'rights': 'SELECT, INSERT'}
    )
    op.create_index('ix_refused_scan_community', 'refused_scan', ['community_id', 'happened_at'], unique=False)
    op.create_table('household_need',
    sa.Column('household_id', sa.BigInteger(), nullable=False),
    sa.Column('need', sa.Text(), nullable=False),
    sa.Column('noted_by', sa.BigInteger(), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("need IN ('call_first', 'no_stairs', 'no_contact')", name=op.f('ck_household_need_need')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_household_need_household_id')),
    sa.ForeignKeyConstraint(['noted_by'], ['account.id'], name=op.f('fk_household_need_noted_by')),
    sa.PrimaryKeyConstraint('household_id', 'need', name=op.f('pk_household_need'))
    )
    op.create_table('arrival_report',
    sa.Column('stop_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('reported_by', sa.BigInteger(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint('char_length(note) <= 200', name=op.f('ck_arrival_report_note_short')),
    sa.ForeignKeyConstraint(['reported_by'], ['account.id'], name=op.f('fk_arrival_report_reported_by')),
    sa.ForeignKeyConstraint(['stop_id', 'grid_id'], ['stop.id', 'stop.grid_id'], name=op.f('fk_arrival_report_stop_id_grid_id')),
    sa.PrimaryKeyConstraint('stop_id', name=op.f('pk_arrival_report')),
    info={'rights': 'SELECT, INSERT'}
    )
    op.create_table('anchor_custody',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('stop_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('anchor_id', sa.BigInteger(), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('passed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('passed_by', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('(passed_at IS NULL) = (passed_by IS NULL)', name=op.f('ck_anchor_custody_passed_by_somebody')),
    sa.ForeignKeyConstraint(['anchor_id'], ['anchor_household.id'], name=op.f('fk_anchor_custody_anchor_id')),
    sa.ForeignKeyConstraint(['entry_id', 'grid_id'], ['delivery_entry.id', 'delivery_entry.grid_id'], name=op.f('fk_anchor_custody_entry_id_grid_id')),
    sa.ForeignKeyConstraint(['passed_by'], ['account.id'], name=op.f('fk_anchor_custody_passed_by')),
    sa.ForeignKeyConstraint(['stop_id', 'grid_id'], ['stop.id', 'stop.grid_id'], name=op.f('fk_anchor_custody_stop_id_grid_id')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_anchor_custody'))
    )
    op.create_index('ix_anchor_custody_open', 'anchor_custody', ['anchor_id'], unique=False, postgresql_where=sa.text('passed_at IS NULL'))
    op.create_table('door_photo',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('photo_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['delivery_entry.id'], name=op.f('fk_door_photo_entry_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['photo.id'], name=op.f('fk_door_photo_photo_id')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_door_photo')),
    info={'rights': 'SELECT, INSERT'}
    )
    op.create_table('inbox_item',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('cycle_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('ticket_id', sa.BigInteger(), nullable=True),
    sa.Column('stop_id', sa.BigInteger(), nullable=True),
    sa.Column('entry_id', sa.Uuid(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('cleared_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cleared_by', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("kind IN ('failed_door', 'kept_back', 'entry_conflict', 'unclaimed', 'silent', 'not_arrived', 'level_changed')", name=op.f('ck_inbox_item_kind')),
    sa.CheckConstraint('cleared_by IS NULL OR cleared_at IS NOT NULL', name=op.f('ck_inbox_item_cleared_at_some_time')),
    sa.CheckConstraint('char_length(note) <= 200', name=op.f('ck_inbox_item_note_short')),
    sa.ForeignKeyConstraint(['cleared_by'], ['account.id'], name=op.f('fk_inbox_item_cleared_by')),
    sa.ForeignKeyConstraint(['cycle_id'], ['cycle.id'], name=op.f('fk_inbox_item_cycle_id')),
    sa.ForeignKeyConstraint(['entry_id', 'grid_id'], ['delivery_entry.id', 'delivery_entry.grid_id'], name=op.f('fk_inbox_item_entry_id_grid_id')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_inbox_item_grid_id')),
    sa.ForeignKeyConstraint(['stop_id', 'grid_id'], ['stop.id', 'stop.grid_id'], name=op.f('fk_inbox_item_stop_id_grid_id')),
    sa.ForeignKeyConstraint(['ticket_id', 'grid_id'], ['ticket.id', 'ticket.grid_id'], name=op.f('fk_inbox_item_ticket_id_grid_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox_item'))
    )
    op.create_index('ix_inbox_item_cycle', 'inbox_item', ['cycle_id', 'grid_id'], unique=False)
    op.create_index('uq_inbox_item_open', 'inbox_item', ['kind', 'grid_id', 'ticket_id', 'stop_id', 'entry_id'], unique=True, postgresql_where=sa.text('cleared_at IS NULL'), postgresql_nulls_not_distinct=True)
    op.create_table('kept_back',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('substitute', sa.Boolean(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('stop_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('units', sa.BigInteger(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.CheckConstraint("problem IN ('nobody_home', 'wrong_door', 'refused', 'damaged', 'other')", name=op.f('ck_kept_back_problem')),
    sa.CheckConstraint('units > 0', name=op.f('ck_kept_back_units_positive')),
    sa.ForeignKeyConstraint(['entry_id', 'grid_id'], ['delivery_entry.id', 'delivery_entry.grid_id'], name=op.f('fk_kept_back_entry_id_grid_id')),
    sa.ForeignKeyConstraint(['order_id', 'item_id'], ['allocation.order_id', 'allocation.item_id'], name=op.f('fk_kept_back_order_id_item_id')),
    sa.ForeignKeyConstraint(['stop_id', 'grid_id'], ['stop.id', 'stop.grid_id'], name=op.f('fk_kept_back_stop_id_grid_id')),
    sa.PrimaryKeyConstraint('entry_id', 'item_id', 'substitute', name=op.f('pk_kept_back')),
    info={'rights': 'SELECT, INSERT'}
    )
    op.create_index('ix_kept_back_stop', 'kept_back', ['stop_id'], unique=False)
    op.add_column('account', sa.Column('delivery_point_id', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_account_delivery_point_id'), 'account', 'delivery_point', ['delivery_point_id'], ['id'])
    op.add_column('badge', sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('badge', sa.Column('replaces_id', sa.BigInteger(), nullable=True))
    op.add_column('badge', sa.Column('secret_hash', sa.LargeBinary(), nullable=True))
    op.add_column('badge', sa.Column('pin_hash', sa.Text(), nullable=True))
    op.add_column('badge', sa.Column('pin_wrong', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('badge', sa.Column('pin_locked_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('badge', sa.Column('photo_id', sa.BigInteger(), nullable=True))
    op.create_unique_constraint(op.f('uq_badge_replaces_id'), 'badge', ['replaces_id'])
    op.create_unique_constraint(op.f('uq_badge_secret_hash'), 'badge', ['secret_hash'])
    op.create_foreign_key(op.f('fk_badge_photo_id'), 'badge', 'photo', ['photo_id'], ['id'])
    op.create_foreign_key(op.f('fk_badge_replaces_id'), 'badge', 'badge', ['replaces_id'], ['id'])
    op.add_column('batch', sa.Column('zone_level', sa.Text(), nullable=True))
    op.add_column('delivery_entry', sa.Column('undoes', sa.Uuid(), nullable=True))
    op.add_column('delivery_entry', sa.Column('left_with', sa.BigInteger(), nullable=True))
    op.add_column('delivery_entry', sa.Column('answer', sa.Text(), nullable=True))
    op.add_column('delivery_entry', sa.Column('device', sa.Uuid(), nullable=True))
    op.add_column('delivery_entry', sa.Column('phone_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('delivery_entry', sa.Column('entered_by', sa.BigInteger(), nullable=True))
    op.create_unique_constraint(op.f('uq_delivery_entry_undoes'), 'delivery_entry', ['undoes'])
    op.create_foreign_key(op.f('fk_delivery_entry_undoes_grid_id'), 'delivery_entry', 'delivery_entry', ['undoes', 'grid_id'], ['id', 'grid_id'])
    op.create_foreign_key(op.f('fk_delivery_entry_entered_by'), 'delivery_entry', 'account', ['entered_by'], ['id'])
    op.create_foreign_key(op.f('fk_delivery_entry_left_with'), 'delivery_entry', 'anchor_household', ['left_with'], ['id'])
    op.add_column('stop', sa.Column('entry_id', sa.Uuid(), nullable=True))
    op.create_index('uq_stop_entry', 'stop', ['entry_id'], unique=True, postgresql_where=sa.text('entry_id IS NOT NULL'))
    op.drop_index('ix_allocation_cycle', 'allocation')
    op.create_index('ix_allocation_cycle', 'allocation', ['cycle_id'], unique=False, postgresql_using='brin')
    # Implied: by its parcel a stop names an order of its grid.
    op.drop_constraint(op.f('fk_stop_order_id_grid_id'), 'stop', type_='foreignkey')
    op.create_foreign_key(op.f('fk_stop_entry_id_grid_id'), 'stop', 'delivery_entry', ['entry_id', 'grid_id'], ['id', 'grid_id'])
    op.add_column('handover', sa.Column('scan_id', sa.Uuid(), nullable=True))
    op.add_column('handover', sa.Column('received_at', sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(op.f('uq_handover_scan_id'), 'handover', ['scan_id'])
    op.add_column('parcel', sa.Column('fragile', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('route', sa.Column('planner', sa.Text(), server_default='computed', nullable=False))
    op.add_column('route', sa.Column('made_by', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_route_made_by'), 'route', 'account', ['made_by'], ['id'])
    op.add_column('stop', sa.Column('mode', sa.Text(), server_default='door', nullable=False))
    op.add_column('ticket', sa.Column('claims', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('ticket', sa.Column('at_point', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('ticket', sa.Column('predecessor_id', sa.BigInteger(), nullable=True))
    op.add_column('ticket', sa.Column('started_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ticket', sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ticket', sa.Column('voided_by', sa.BigInteger(), nullable=True))
    op.add_column('ticket', sa.Column('void_reason', sa.Text(), nullable=True))
    op.create_index('ix_ticket_predecessor', 'ticket', ['predecessor_id'], unique=False, postgresql_where=sa.text('predecessor_id IS NOT NULL'))
    op.create_foreign_key(op.f('fk_ticket_voided_by'), 'ticket', 'account', ['voided_by'], ['id'])
    op.create_foreign_key(op.f('fk_ticket_predecessor_id_grid_id'), 'ticket', 'ticket', ['predecessor_id', 'grid_id'], ['id', 'grid_id'])
    op.alter_column("delivery_entry", "badge_id", nullable=True)
    op.drop_index("uq_badge_one_live_a_person", "badge")
    op.create_index(
        "uq_badge_one_live_a_person", "badge", ["account_id"], unique=True, postgresql_where=sa.text("state <> 'revoked'")
    )
    for table, names in CHECKS.items():
        for name, condition in names.items():
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check", if_exists=True)
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.get_bind().exec_driver_sql((SQL / "0005_crate_passage.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
