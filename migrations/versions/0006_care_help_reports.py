"""Care, help, reports

Revision ID: 0006
Revises: 0005
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

# What is left of a photo whose time is over.
GREY_POINT = (
    "\\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
# Conditions on tables that were there before.
CHECKS = {
    "account": {
        "password_wrong_not_negative": "password_wrong >= 0",
    },
    "posting": {
        "cash_lies_with_somebody": "num_nonnulls(badge_id, holder_id) = CASE WHEN account = 'cash' THEN 1 ELSE 0 END",
    },
    "route": {
        "planner": "planner IN ('computed', 'solver', 'manual')",
    },
    "taking": {
        "by_a_badge_or_at_a_desk": "(badge_id IS NULL) = (taken_by IS NOT NULL)",
    },
    "depot": {
        "at_both_or_nowhere": "(longitude IS NULL) = (latitude IS NULL)",
    },
    "community": {
        "heavy_within_reason": "heavy_grams BETWEEN 1000 AND 100000",
    },
    "care_case": {
        "priority": "priority IN (1, 2)",
        "checked_in_time": "check_every_days BETWEEN 1 AND 60",
        "a_household_until_destroyed": "household_id IS NOT NULL OR destroyed_at IS NOT NULL",
        "destroyed_after_its_end": "destroyed_at IS NULL OR ended_at IS NOT NULL",
        "nothing_left_when_destroyed": (
            "destroyed_at IS NULL OR num_nonnulls(wrapped_key, category_sealed, note_sealed) = 0"
        ),
    },
    "cycle": {
        "forgotten_after_its_close": "care_forgotten_at IS NULL OR state = 'closed'",
    },
    "menu_item": {
        "care_packs_cost_nothing": "NOT for_care OR price_fen = 0",
    },
    "orders": {
        "channel": "channel IN ('web', 'phone', 'doorstep', 'relay', 'care_pack')",
    },
    "proxy_order": {
        "channel": "channel IN ('web', 'phone', 'doorstep', 'relay', 'care_pack')",
    },
    "grid_zone_level": {
        "note_short": "char_length(note) <= 200",
    },
}
SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    op.create_table('point_hours',
    sa.Column('delivery_point_id', sa.BigInteger(), nullable=False),
    sa.Column('weekday', sa.BigInteger(), nullable=False),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.CheckConstraint('closes > opens', name=op.f('ck_point_hours_open_for_some_time')),
    sa.CheckConstraint('weekday BETWEEN 1 AND 7', name=op.f('ck_point_hours_weekday')),
    sa.ForeignKeyConstraint(['delivery_point_id'], ['delivery_point.id'], name=op.f('fk_point_hours_delivery_point_id')),
    sa.PrimaryKeyConstraint('delivery_point_id', 'weekday', 'opens', name=op.f('pk_point_hours'))
    )
    op.create_table('care_pack',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('cycle_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('donors', sa.Text(), nullable=False),
    sa.Column('seed', sa.Text(), nullable=False),
    sa.Column('given_by', sa.BigInteger(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('char_length(name) BETWEEN 1 AND 40', name=op.f('ck_care_pack_name_short')),
    sa.ForeignKeyConstraint(['cycle_id'], ['cycle.id'], name=op.f('fk_care_pack_cycle_id')),
    sa.ForeignKeyConstraint(['given_by'], ['account.id'], name=op.f('fk_care_pack_given_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_pack')),
    sa.UniqueConstraint('cycle_id', 'name', name=op.f('uq_care_pack_cycle_id_name')),
    sa.UniqueConstraint('key', name=op.f('uq_care_pack_key'))
    )
    op.create_table('channel',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=True),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('address_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('language', sa.Text(), server_default='zh', nullable=False),
    sa.Column('quiet_from', sa.Time(), nullable=True),
    sa.Column('quiet_until', sa.Time(), nullable=True),
    sa.Column('made_by', sa.BigInteger(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('free_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('code_hash', sa.LargeBinary(), nullable=True),
    sa.Column('code_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('code_tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("CASE WHEN kind = 'page' THEN address_sealed IS NULL ELSE (address_sealed IS NULL) = (ended_at IS NOT NULL) END", name=op.f('ck_channel_an_address_while_it_is_used')),
    sa.CheckConstraint("(kind = 'robot') = (account_id IS NULL)", name=op.f('ck_channel_a_robot_is_a_groups')),
    sa.CheckConstraint("grid_id IS NULL OR kind = 'robot'", name=op.f('ck_channel_a_grid_has_a_group')),
    sa.CheckConstraint("kind IN ('robot', 'mail', 'page')", name=op.f('ck_channel_kind')),
    sa.CheckConstraint("language IN ('zh', 'en')", name=op.f('ck_channel_language')),
    sa.CheckConstraint('(code_hash IS NULL) = (code_until IS NULL)', name=op.f('ck_channel_a_code_ends')),
    sa.CheckConstraint('(quiet_from IS NULL) = (quiet_until IS NULL)', name=op.f('ck_channel_quiet_from_until')),
    sa.CheckConstraint('code_tries >= 0', name=op.f('ck_channel_tries_count_up')),
    sa.CheckConstraint("kind = 'mail' OR num_nonnulls(confirmed_at, code_hash) = 0", name=op.f('ck_channel_a_mail_box_is_confirmed')),
    sa.CheckConstraint('char_length(label) BETWEEN 1 AND 60', name=op.f('ck_channel_label_short')),
    sa.CheckConstraint('quiet_from <> quiet_until', name=op.f('ck_channel_quiet_for_some_time')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_channel_account_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_channel_community_id')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_channel_grid_id')),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_channel_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel'))
    )
    op.create_index('ix_channel_account', 'channel', ['account_id'], unique=False, postgresql_where=sa.text("kind = 'mail'"))
    op.create_index('ix_channel_grid', 'channel', ['community_id', 'grid_id'], unique=False)
    op.create_index('uq_channel_page', 'channel', ['account_id'], unique=True, postgresql_where=sa.text("kind = 'page'"))
    op.create_table('daily_report',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('figures', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_daily_report_community_id')),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_daily_report_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_daily_report')),
    sa.UniqueConstraint('community_id', 'day', 'made_at', name=op.f('uq_daily_report_community_id_day_made_at'))
    )
    op.create_index('ix_daily_report_latest', 'daily_report', ['community_id', 'day', 'id'], unique=False)
    op.create_table('duty_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('written_by', sa.BigInteger(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("title IN ('lead', 'liaison', 'doctor', 'police', 'property', 'power')", name=op.f('ck_duty_entry_title')),
    sa.CheckConstraint('char_length(name) BETWEEN 1 AND 40', name=op.f('ck_duty_entry_name_short')),
    sa.CheckConstraint('position > 0', name=op.f('ck_duty_entry_position_positive')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_duty_entry_grid_id')),
    sa.ForeignKeyConstraint(['written_by'], ['account.id'], name=op.f('fk_duty_entry_written_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_entry'))
    )
    op.create_index('ix_duty_entry_grid', 'duty_entry', ['grid_id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('export_job',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('chosen', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('asked_by', sa.BigInteger(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('rows_written', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('file_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("what IN ('households', 'order_lines', 'help_requests')", name=op.f('ck_export_job_what')),
    sa.CheckConstraint('rows_written >= 0', name=op.f('ck_export_job_counts')),
    sa.ForeignKeyConstraint(['asked_by'], ['account.id'], name=op.f('fk_export_job_asked_by')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_export_job_community_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export_job'))
    )
    op.create_index('ix_export_job_asked', 'export_job', ['asked_by'], unique=False)
    op.create_table('roster_shift',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('depot_id', sa.BigInteger(), nullable=True),
    sa.Column('delivery_point_id', sa.BigInteger(), nullable=True),
    sa.Column('grid_id', sa.BigInteger(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('planned_by', sa.BigInteger(), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    postgresql.ExcludeConstraint((sa.column('account_id'), '='), (sa.text('tstzrange(starts_at, ends_at)'), '&&'), where=sa.text('cancelled_at IS NULL'), using='gist', name='ex_roster_shift_overlap'),
    sa.CheckConstraint("ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'", name=op.f('ck_roster_shift_twelve_hours')),
    sa.CheckConstraint('num_nonnulls(depot_id, delivery_point_id, grid_id) = 1', name=op.f('ck_roster_shift_one_place')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_roster_shift_account_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_roster_shift_community_id')),
    sa.ForeignKeyConstraint(['delivery_point_id'], ['delivery_point.id'], name=op.f('fk_roster_shift_delivery_point_id')),
    sa.ForeignKeyConstraint(['depot_id'], ['depot.id'], name=op.f('fk_roster_shift_depot_id')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_roster_shift_grid_id')),
    sa.ForeignKeyConstraint(['planned_by'], ['account.id'], name=op.f('fk_roster_shift_planned_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_shift'))
    )
    op.create_index('ix_roster_shift_time', 'roster_shift', ['community_id', 'starts_at'], unique=False)
    op.create_table('care_pack_line',
    sa.Column('pack_id', sa.BigInteger(), nullable=False),
    sa.Column('product_id', sa.BigInteger(), nullable=False),
    sa.Column('units', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('units > 0', name=op.f('ck_care_pack_line_units_positive')),
    sa.ForeignKeyConstraint(['pack_id'], ['care_pack.id'], name=op.f('fk_care_pack_line_pack_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_care_pack_line_product_id')),
    sa.PrimaryKeyConstraint('pack_id', 'product_id', name=op.f('pk_care_pack_line'))
    )
    op.create_table('message',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('channel_id', sa.BigInteger(), nullable=False),
    sa.Column('matter', sa.Text(), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('state', sa.Text(), server_default='due', nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('attempt', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('slot_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f('ck_message_sent_at_some_time')),
    sa.CheckConstraint("matter IN ('menu_opened', 'cut_off_soon', 'order_changed', 'on_its_way', 'delivered', 'refunded', 'level_changed', 'inbox_opened', 'help_opened', 'help_assigned', 'help_overdue', 'help_ended', 'check_due', 'day_report', 'test', 'confirm_mail')", name=op.f('ck_message_matter')),
    sa.CheckConstraint("state IN ('due', 'sent', 'failed', 'dropped')", name=op.f('ck_message_state')),
    sa.CheckConstraint('attempt >= 0', name=op.f('ck_message_attempt_counts_up')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_message_channel_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('channel_id', 'matter', 'about', name=op.f('uq_message_channel_id_matter_about'))
    )
    op.create_index('ix_message_due', 'message', ['due_at'], unique=False, postgresql_where=sa.text("state = 'due'"))
    op.create_table('register_job',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('step', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('steps', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('doing', sa.Text(), server_default='', nullable=False),
    sa.Column('kept', sa.LargeBinary(), nullable=True),
    sa.Column('found', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('import_id', sa.BigInteger(), nullable=True),
    sa.Column('failed_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('step >= 0 AND steps > 0', name=op.f('ck_register_job_counts')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_register_job_account_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_register_job_community_id')),
    sa.ForeignKeyConstraint(['import_id'], ['register_import.id'], name=op.f('fk_register_job_import_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_job'))
    )
    op.create_index('ix_register_job_community', 'register_job', ['community_id'], unique=False)
    op.create_table('register_step',
    sa.Column('import_id', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('row_id', sa.BigInteger(), nullable=False),
    sa.Column('before', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['import_id'], ['register_import.id'], name=op.f('fk_register_step_import_id')),
    sa.PrimaryKeyConstraint('import_id', 'place', 'row_id', name=op.f('pk_register_step'))
    )
    op.create_table('register_undo',
    sa.Column('import_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_register_undo_account_id')),
    sa.ForeignKeyConstraint(['import_id'], ['register_import.id'], name=op.f('fk_register_undo_import_id')),
    sa.PrimaryKeyConstraint('import_id', name=op.f('pk_register_undo'))
    )
    op.create_table('subscription',
    sa.Column('channel_id', sa.BigInteger(), nullable=False),
    sa.Column('matter', sa.Text(), nullable=False),
    sa.CheckConstraint("matter IN ('menu_opened', 'cut_off_soon', 'order_changed', 'on_its_way', 'delivered', 'refunded', 'level_changed', 'inbox_opened', 'help_opened', 'help_assigned', 'help_overdue', 'help_ended', 'check_due', 'day_report', 'test', 'confirm_mail')", name=op.f('ck_subscription_matter')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_subscription_channel_id')),
    sa.PrimaryKeyConstraint('channel_id', 'matter', name=op.f('pk_subscription'))
    )
    op.create_table('erasure',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('household_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('erased_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_erasure_account_id')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_erasure_household_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure'))
    )
    op.create_index(op.f('ix_erasure_household_id'), 'erasure', ['household_id'], unique=False)
    op.create_table('care_check',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.BigInteger(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.CheckConstraint("outcome IN ('fine', 'needs_something', 'no_answer', 'worrying')", name=op.f('ck_care_check_outcome')),
    sa.CheckConstraint('(done_at IS NULL) = (done_by IS NULL)', name=op.f('ck_care_check_done_by_somebody')),
    sa.CheckConstraint('(done_at IS NULL) = (outcome IS NULL)', name=op.f('ck_care_check_done_with_an_outcome')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_care_check_case_id')),
    sa.ForeignKeyConstraint(['done_by'], ['account.id'], name=op.f('fk_care_check_done_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_check'))
    )
    op.create_index('ix_care_check_done', 'care_check', ['done_at'], unique=False)
    op.create_index('ix_care_check_due', 'care_check', ['due_on'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_index('uq_care_check_open', 'care_check', ['case_id'], unique=True, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('care_consent',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.BigInteger(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.CheckConstraint("purpose IN ('register', 'check_calls', 'standing_volunteer', 'care_packs', 'medicine')", name=op.f('ck_care_consent_purpose')),
    sa.CheckConstraint('withdrawn_on >= given_on', name=op.f('ck_care_consent_withdrawn_after_given')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_care_consent_case_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_care_consent_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_consent'))
    )
    op.create_index('uq_care_consent_live', 'care_consent', ['case_id', 'purpose'], unique=True, postgresql_where=sa.text('withdrawn_on IS NULL'))
    op.create_table('care_mark',
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('mark', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_care_mark_case_id')),
    sa.PrimaryKeyConstraint('case_id', 'mark', name=op.f('pk_care_mark'))
    )
    op.create_index('ix_care_mark_mark', 'care_mark', ['mark'], unique=False)
    op.create_table('care_pack_share',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('pack_id', sa.BigInteger(), nullable=False),
    sa.Column('household_id', sa.BigInteger(), nullable=True),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('declined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('declined_by', sa.BigInteger(), nullable=True),
    sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('became', sa.Text(), nullable=True),
    sa.CheckConstraint('(household_id IS NULL) = (became IS NOT NULL)', name=op.f('ck_care_pack_share_a_household_or_what_became_of_it')),
    sa.CheckConstraint('household_id IS NULL OR (declined_at IS NULL) = (declined_by IS NULL)', name=op.f('ck_care_pack_share_declined_by_somebody')),
    sa.CheckConstraint('num_nonnulls(declined_at, dropped_at) <= 1', name=op.f('ck_care_pack_share_ended_once')),
    sa.ForeignKeyConstraint(['declined_by'], ['account.id'], name=op.f('fk_care_pack_share_declined_by')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_care_pack_share_grid_id')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_care_pack_share_household_id')),
    sa.ForeignKeyConstraint(['pack_id'], ['care_pack.id'], name=op.f('fk_care_pack_share_pack_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_pack_share')),
    sa.UniqueConstraint('pack_id', 'household_id', name=op.f('uq_care_pack_share_pack_id_household_id'))
    )
    op.create_index('ix_care_pack_share_household', 'care_pack_share', ['household_id'], unique=False)
    op.create_table('standing_volunteer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('badge_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('appointed_by', sa.BigInteger(), nullable=False),
    sa.Column('appointed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['appointed_by'], ['account.id'], name=op.f('fk_standing_volunteer_appointed_by')),
    sa.ForeignKeyConstraint(['badge_id', 'grid_id'], ['badge.id', 'badge.grid_id'], name=op.f('fk_standing_volunteer_badge_id_grid_id')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_standing_volunteer_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_standing_volunteer'))
    )
    op.create_index('ix_standing_volunteer_badge', 'standing_volunteer', ['badge_id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('uq_standing_volunteer_live', 'standing_volunteer', ['case_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('help_request',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('community_id', sa.BigInteger(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('household_id', sa.BigInteger(), nullable=True),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), server_default='new', nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('text_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('wrapped_key', sa.LargeBinary(), nullable=True),
    sa.Column('public_text', sa.Text(), nullable=True),
    sa.Column('posted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('credit_id', sa.BigInteger(), nullable=True),
    sa.Column('owner_id', sa.BigInteger(), nullable=True),
    sa.Column('opened_by', sa.BigInteger(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('overdue_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overdue_seen_by', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(kind = 'complaint') = (order_id IS NOT NULL)", name=op.f('ck_help_request_a_complaint_has_its_order')),
    sa.CheckConstraint("(public_text IS NULL AND posted_at IS NULL) OR kind = 'wish'", name=op.f('ck_help_request_wishes_are_posted')),
    sa.CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f('ck_help_request_merged_into_one')),
    sa.CheckConstraint("(state IN ('new', 'taken', 'waiting')) = (ended_at IS NULL)", name=op.f('ck_help_request_ended_at_some_time')),
    sa.CheckConstraint("channel IN ('web', 'phone', 'doorstep', 'chat', 'check')", name=op.f('ck_help_request_channel')),
    sa.CheckConstraint("credit_id IS NULL OR kind = 'complaint'", name=op.f('ck_help_request_complaints_are_credited')),
    sa.CheckConstraint("kind IN ('medicine', 'errand', 'transport', 'complaint', 'wish', 'other')", name=op.f('ck_help_request_kind')),
    sa.CheckConstraint("state <> 'taken' OR owner_id IS NOT NULL", name=op.f('ck_help_request_who_took_it_is_named')),
    sa.CheckConstraint("state IN ('new', 'taken', 'waiting', 'solved', 'not_solved', 'withdrawn', 'merged')", name=op.f('ck_help_request_state')),
    sa.CheckConstraint('(text_sealed IS NULL) = (wrapped_key IS NULL)', name=op.f('ck_help_request_sealed_with_a_key')),
    sa.CheckConstraint('char_length(code) = 6', name=op.f('ck_help_request_code_length')),
    sa.CheckConstraint('char_length(public_text) <= 200', name=op.f('ck_help_request_public_text_short')),
    sa.CheckConstraint('due_at > opened_at', name=op.f('ck_help_request_due_after_opening')),
    sa.CheckConstraint('merged_into_id <> id', name=op.f('ck_help_request_merged_into_another')),
    sa.CheckConstraint('overdue_seen_at IS NULL OR overdue_seen_by IS NOT NULL', name=op.f('ck_help_request_seen_by_somebody')),
    sa.CheckConstraint('posted_at IS NULL OR public_text IS NOT NULL', name=op.f('ck_help_request_what_is_posted_says_something')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_help_request_community_id')),
    sa.ForeignKeyConstraint(['credit_id'], ['credit.id'], name=op.f('fk_help_request_credit_id')),
    sa.ForeignKeyConstraint(['grid_id'], ['grid.id'], name=op.f('fk_help_request_grid_id')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_help_request_household_id')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['help_request.id'], name=op.f('fk_help_request_merged_into_id')),
    sa.ForeignKeyConstraint(['opened_by'], ['account.id'], name=op.f('fk_help_request_opened_by')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_help_request_order_id')),
    sa.ForeignKeyConstraint(['overdue_seen_by'], ['account.id'], name=op.f('fk_help_request_overdue_seen_by')),
    sa.ForeignKeyConstraint(['owner_id'], ['account.id'], name=op.f('fk_help_request_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help_request')),
    sa.UniqueConstraint('community_id', 'code', name=op.f('uq_help_request_community_id_code')),
    sa.UniqueConstraint('id', 'grid_id', name=op.f('uq_help_request_id_grid_id')),
    sa.UniqueConstraint('key', name=op.f('uq_help_request_key'))
    )
    op.create_index('ix_help_request_ended', 'help_request', ['ended_at'], unique=False, postgresql_where=sa.text('wrapped_key IS NOT NULL'))
    op.create_index('ix_help_request_household', 'help_request', ['household_id'], unique=False)
    op.create_index('ix_help_request_open', 'help_request', ['community_id', 'grid_id', 'due_at'], unique=False, postgresql_where=sa.text("state IN ('new', 'taken', 'waiting')"))
    op.create_table('help_person',
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('named_by', sa.BigInteger(), nullable=False),
    sa.Column('named_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_help_person_account_id')),
    sa.ForeignKeyConstraint(['named_by'], ['account.id'], name=op.f('fk_help_person_named_by')),
    sa.ForeignKeyConstraint(['request_id'], ['help_request.id'], name=op.f('fk_help_person_request_id')),
    sa.PrimaryKeyConstraint('request_id', 'account_id', name=op.f('pk_help_person'))
    )
    op.create_table('help_photo',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('content_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('added_by', sa.BigInteger(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("media_type IN ('image/jpeg', 'image/png', 'image/webp')", name=op.f('ck_help_photo_media_type')),
    sa.ForeignKeyConstraint(['added_by'], ['account.id'], name=op.f('fk_help_photo_added_by')),
    sa.ForeignKeyConstraint(['request_id'], ['help_request.id'], name=op.f('fk_help_photo_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help_photo'))
    )
    op.create_index('ix_help_photo_request', 'help_photo', ['request_id'], unique=False)
    op.create_table('help_step',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('about_account_id', sa.BigInteger(), nullable=True),
    sa.Column('to_grid_id', sa.BigInteger(), nullable=True),
    sa.Column('note_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('happened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(step = 'handed_on') = (to_grid_id IS NOT NULL)", name=op.f('ck_help_step_handed_on_to_a_grid')),
    sa.CheckConstraint("step IN ('opened', 'assigned', 'called', 'noted', 'waits', 'went_on', 'handed_on', 'photo_added', 'photo_removed', 'read', 'named', 'unnamed', 'passed', 'posted', 'claimed', 'given_up', 'overdue', 'overdue_seen', 'credited', 'merged_in', 'solved', 'not_solved', 'withdrawn', 'reopened')", name=op.f('ck_help_step_step')),
    sa.ForeignKeyConstraint(['about_account_id'], ['account.id'], name=op.f('fk_help_step_about_account_id')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_help_step_account_id')),
    sa.ForeignKeyConstraint(['request_id'], ['help_request.id'], name=op.f('fk_help_step_request_id')),
    sa.ForeignKeyConstraint(['to_grid_id'], ['grid.id'], name=op.f('fk_help_step_to_grid_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help_step'))
    )
    op.create_index('ix_help_step_request', 'help_step', ['request_id'], unique=False)
    op.create_table('medicine_pass',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('holder', sa.Text(), nullable=False),
    sa.Column('holder_account_id', sa.BigInteger(), nullable=True),
    sa.Column('holder_name_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.BigInteger(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("holder IN ('pharmacy', 'volunteer', 'border', 'other_district', 'household')", name=op.f('ck_medicine_pass_holder')),
    sa.CheckConstraint('char_length(place) BETWEEN 1 AND 60', name=op.f('ck_medicine_pass_place_short')),
    sa.CheckConstraint('holder_account_id IS NULL OR holder_name_sealed IS NULL', name=op.f('ck_medicine_pass_an_account_or_a_name')),
    sa.CheckConstraint('sequence > 0', name=op.f('ck_medicine_pass_sequence_positive')),
    sa.ForeignKeyConstraint(['holder_account_id'], ['account.id'], name=op.f('fk_medicine_pass_holder_account_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_medicine_pass_recorded_by')),
    sa.ForeignKeyConstraint(['request_id'], ['help_request.id'], name=op.f('fk_medicine_pass_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_medicine_pass')),
    sa.UniqueConstraint('key', name=op.f('uq_medicine_pass_key')),
    sa.UniqueConstraint('request_id', 'sequence', name=op.f('uq_medicine_pass_request_id_sequence'))
    )
    op.create_table('wish_claim',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('given_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_wish_claim_account_id')),
    sa.ForeignKeyConstraint(['request_id'], ['help_request.id'], name=op.f('fk_wish_claim_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wish_claim'))
    )
    op.create_index('ix_wish_claim_account', 'wish_claim', ['account_id'], unique=False)
    op.create_index('uq_wish_claim_live', 'wish_claim', ['request_id'], unique=True, postgresql_where=sa.text('given_up_at IS NULL'))
    # What was destroyed is nobody's some time later.
    op.alter_column('care_case', 'household_id', nullable=True)
    op.add_column('account', sa.Column('password_wrong', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('account', sa.Column('password_paused_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('cycle', sa.Column('care_forgotten_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('menu', sa.Column('published_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('care_case', sa.Column('note_sealed', sa.LargeBinary(), nullable=True))
    op.add_column('care_case', sa.Column('keeper_id', sa.BigInteger(), nullable=True))
    op.add_column('care_case', sa.Column('priority', sa.BigInteger(), server_default='2', nullable=False))
    op.add_column('care_case', sa.Column('check_every_days', sa.BigInteger(), nullable=True))
    op.add_column('care_case', sa.Column('ends_on', sa.Date(), server_default=sa.text('CURRENT_DATE + 365'), nullable=False))
    op.add_column('care_case', sa.Column('destroyed_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_care_case_ends', 'care_case', ['ends_on'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_care_case_keeper', 'care_case', ['keeper_id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_foreign_key(op.f('fk_care_case_keeper_id'), 'care_case', 'account', ['keeper_id'], ['id'])
    for axis in ('longitude', 'latitude'):
        op.add_column('depot', sa.Column(axis, sa.Float(), nullable=True))
    op.add_column('community', sa.Column('report_at', sa.Time(), server_default='17:00', nullable=False))
    op.add_column('grid_zone_level', sa.Column('note', sa.Text(), server_default='', nullable=False))
    op.add_column('community', sa.Column('heavy_grams', sa.BigInteger(), server_default='10000', nullable=False))
    op.create_table('entry_set_aside',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('grid_id', sa.BigInteger(), nullable=False),
    sa.Column('set_aside_by', sa.BigInteger(), nullable=False),
    sa.Column('set_aside_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['entry_id', 'grid_id'], ['delivery_entry.id', 'delivery_entry.grid_id'], name=op.f('fk_entry_set_aside_entry_id_grid_id')),
    sa.ForeignKeyConstraint(['set_aside_by'], ['account.id'], name=op.f('fk_entry_set_aside_set_aside_by')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_entry_set_aside'))
    )
    op.create_index('ix_badge_photo', 'badge', ['photo_id'], unique=False, postgresql_where=sa.text('photo_id IS NOT NULL'))
    op.create_index('ix_door_photo_photo', 'door_photo', ['photo_id'], unique=False)
    op.create_index('ix_photo_shown', 'photo', ['id'], unique=False, postgresql_where=sa.text(f"content <> '{GREY_POINT}'"))
    op.create_index('ix_refund_done', 'refund', ['done_at'], unique=False, postgresql_where=sa.text("state = 'done'"))
    op.create_index('ix_delivery_entry_received', 'delivery_entry', ['received_at'], unique=False)
    op.create_index('ix_ticket_waiting', 'ticket', ['cycle_id', 'state'], unique=False, postgresql_where=sa.text("state IN ('issued', 'handed_over', 'under_way')"))
    op.create_index('ix_inbox_item_ticket', 'inbox_item', ['ticket_id', 'kind'], unique=False, postgresql_where=sa.text('ticket_id IS NOT NULL'))
    # Cash that is taken at a delivery point's desk lies with who took it.
    op.add_column('posting', sa.Column('holder_id', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_posting_holder_id'), 'posting', 'account', ['holder_id'], ['id'])
    op.add_column('taking', sa.Column('taken_by', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_taking_taken_by'), 'taking', 'account', ['taken_by'], ['id'])
    op.create_foreign_key(op.f('fk_cash_count_ticket_id_grid_id'), 'cash_count', 'ticket', ['ticket_id', 'grid_id'], ['id', 'grid_id'])
    for table in ('taking', 'cash_count'):
        op.alter_column(table, 'badge_id', nullable=True)
    op.drop_constraint(op.f('ck_posting_cash_lies_with_a_badge'), 'posting', type_='check')
    op.drop_constraint(op.f('ck_route_planner'), 'route', type_='check')
    # Care packs: items that cost nothing, of a platform of their own, on orders that may hold nothing else.
    for table in ('menu_item', 'platform'):
        op.add_column(table, sa.Column('for_care', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_index('ix_menu_item_for_care', 'menu_item', ['menu_id'], unique=False, postgresql_where=sa.text('for_care'))
    op.create_index('uq_platform_for_care', 'platform', ['community_id'], unique=True, postgresql_where=sa.text('for_care'))
    for table in ('orders', 'proxy_order'):
        op.drop_constraint(op.f(f'ck_{table}_channel'), table, type_='check')
    for table, checks in CHECKS.items():
        for name, condition in checks.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.get_bind().exec_driver_sql((SQL / "0006_forget_care.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
