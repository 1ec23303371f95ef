"""Of law 10: what help requests say is sealed, opened by those who handle them, and gone when its time is over."""

from supplyhub.audit.law import Check
from supplyhub.help.rules import KEPT_DAYS
from supplyhub.help.sight import KINDS_RESTRICTED

# The clock destroys within the hour; a day is what an installation may have been switched off.
GRACE_DAYS = 1
# Of a sealed text: `key id | 12-byte nonce | text and 16-byte tag`.
SHORTEST_SEAL = 12 + 16

SEALED = Check(
    "what help requests say, their notes, photos and names are sealed",
    f"""
    SELECT sealed."table", sealed.id, sealed."column"
    FROM (
      SELECT 'help_request' AS "table", id, 'text' AS "column", text_sealed AS bytes FROM help_request
      UNION ALL SELECT 'help_request', id, 'wrapped_key', wrapped_key FROM help_request
      UNION ALL SELECT 'help_step', id, 'note', note_sealed FROM help_step
      UNION ALL SELECT 'help_photo', id, 'content', content_sealed FROM help_photo
      UNION ALL SELECT 'medicine_pass', id, 'holder_name', holder_name_sealed FROM medicine_pass
    ) AS sealed
    WHERE sealed.bytes IS NOT NULL AND (
      position('|'::bytea IN sealed.bytes) NOT BETWEEN 2 AND 20
      OR length(sealed.bytes) <= position('|'::bytea IN sealed.bytes) + {SHORTEST_SEAL}
      OR encode(substring(sealed.bytes FROM 1 FOR position('|'::bytea IN sealed.bytes) - 1), 'escape') !~ '^[a-z0-9]+$')
    ORDER BY 1, 2, 3
    """,
    """
    SELECT (SELECT 2 * count(*) FROM help_request WHERE wrapped_key IS NOT NULL)
      + (SELECT count(*) FROM help_step WHERE note_sealed IS NOT NULL) + (SELECT count(*) FROM help_photo)
      + (SELECT count(*) FROM medicine_pass WHERE holder_name_sealed IS NOT NULL)
    """,
)

# Whose it was is what the last step before says that gave it to somebody, or to another grid.
OPENED_BY_THOSE_ALLOWED = Check(
    "restricted help requests were opened by who had them then, who was named, and coordinators",
    """
    SELECT r.code AS request, s.id AS step, s.account_id AS account, a.role
    FROM help_step AS s
    JOIN help_request AS r ON r.id = s.request_id
    LEFT JOIN account AS a ON a.id = s.account_id
    LEFT JOIN LATERAL (
      SELECT g.about_account_id AS id FROM help_step AS g
      WHERE g.request_id = s.request_id AND g.id < s.id AND g.step IN ('assigned', 'handed_on')
      ORDER BY g.id DESC LIMIT 1
    ) AS owner ON true
    LEFT JOIN LATERAL (
      SELECT n.step FROM help_step AS n
      WHERE n.request_id = s.request_id AND n.id < s.id AND n.about_account_id = s.account_id
        AND n.step IN ('named', 'unnamed')
      ORDER BY n.id DESC LIMIT 1
    ) AS named ON true
    WHERE s.step = 'read' AND a.role IS DISTINCT FROM 'coordinator' AND owner.id IS DISTINCT FROM s.account_id
      AND named.step IS DISTINCT FROM 'named'
    ORDER BY s.id
    """,
    "SELECT count(*) FROM help_step WHERE step = 'read'",
)

FORGOTTEN_IN_TIME = Check(
    f"what a help request said is destroyed {KEPT_DAYS} days after its end",
    """
    SELECT code AS request, ended_at::text AS ended_at FROM help_request
    WHERE ended_at < clock_timestamp() - make_interval(days => :days) AND num_nonnulls(wrapped_key, text_sealed) > 0
    ORDER BY id
    """,
    "SELECT count(*) FROM help_request WHERE ended_at IS NOT NULL",
    values={"days": KEPT_DAYS + GRACE_DAYS},
)

PHOTOS_GONE = Check(
    "no photo is left of medicine that was brought, or of what was destroyed",
    f"""
    SELECT r.code AS request, f.id AS photo FROM help_photo AS f JOIN help_request AS r ON r.id = f.request_id
    WHERE r.ended_at IS NOT NULL AND r.kind IN {KINDS_RESTRICTED} OR r.wrapped_key IS NULL
    ORDER BY f.id
    """,
    "SELECT count(*) FROM help_photo",
)
