"""The SQL of the live room: who is in it and how each stands, in a fixed number of statements.

Every invigilator's page asks every few seconds, so one statement reads three hundred candidates,
each by a few steps into indexes, and no row asks for another one. It names tables of lower rooms
and only reads them: one statement is one round trip and sees one moment. Positions are taken from
the end of an index, never as a maximum, for an attempt has hundreds of events.
"""
# ruff: noqa: S608 - only constants of this program are put into the texts

import sqlalchemy as sa

from proficiency.delivery.models import ASKS_FOR_WRITER, CHANGES_WRITER, IS_CLOSING, MOVES_WINDOW
from proficiency.invigilation.models import ENDS_HAND, OPENS_CALL

CANDIDATES = sa.text(f"""
SELECT booking.id AS booking_id, booking.candidate_id, booking.candidate_number,
  account.display_name, door.admission, arrival.at AS arrived_at,
  (SELECT at FROM check_in_event WHERE aggregate_id = booking.id AND kind = 'identity_checked'
   ORDER BY pos DESC LIMIT 1) AS identity_at,
  (SELECT kind FROM check_in_event WHERE aggregate_id = booking.id
   AND kind IN ('other_way_asked', 'identity_checked', 'not_checked')
   ORDER BY pos DESC LIMIT 1) AS identity_state,
  (SELECT count(*) FROM identity_picture WHERE booking_id = booking.id) AS pictures,
  attempt.id AS attempt_id, attempt.at AS started_at, attempt.base_seconds, attempt.extra_percent,
  attempt.extra_seconds, attempt.transit_seconds, attempt.rest_seconds,
  attempt.longest_rest_seconds, head.phase, head.stage, head.window_events,
  (SELECT kind FROM attempt_event WHERE aggregate_id = attempt.id AND {IS_CLOSING}) AS closing,
  (SELECT at FROM attempt_event WHERE aggregate_id = attempt.id AND {IS_CLOSING}) AS closed_at,
  (SELECT at FROM attempt_event WHERE aggregate_id = attempt.id AND kind = 'answer_saved'
   ORDER BY pos DESC LIMIT 1) AS saved_at,
  presence.heard_at, presence.unsent, presence.waiting, presence.is_hidden,
  (SELECT pos FROM signal WHERE aggregate_id = booking.id ORDER BY pos DESC LIMIT 1) AS signals
FROM booking
JOIN account ON account.id = booking.candidate_id
LEFT JOIN check_in_event AS door ON door.aggregate_id = booking.id AND door.pos = (
  SELECT pos FROM check_in_event WHERE aggregate_id = booking.id ORDER BY pos DESC LIMIT 1)
LEFT JOIN check_in_event AS arrival ON arrival.aggregate_id = booking.id AND arrival.pos = (
  SELECT pos FROM check_in_event WHERE aggregate_id = booking.id AND kind = 'arrived'
  ORDER BY pos DESC LIMIT 1)
LEFT JOIN attempt ON attempt.booking_id = booking.id
LEFT JOIN attempt_event AS head ON head.aggregate_id = attempt.id AND head.pos = (
  SELECT pos FROM attempt_event WHERE aggregate_id = attempt.id ORDER BY pos DESC LIMIT 1)
LEFT JOIN presence ON presence.attempt_id = attempt.id
WHERE booking.sitting_id = :sitting_id AND booking.state = 'booked'
ORDER BY booking.candidate_number""")

MOVES = sa.text(f"""
SELECT attempt_event.aggregate_id AS attempt_id, attempt_event.kind, attempt_event.at,
  attempt_event.amount, attempt_event.room_event_id,
  attempt_event.id, attempt.booking_id, payload.text AS words, account.display_name AS by_name
FROM attempt
JOIN attempt_event ON attempt_event.aggregate_id = attempt.id AND attempt_event.{MOVES_WINDOW}
LEFT JOIN payload ON payload.id = attempt_event.id
LEFT JOIN account ON account.id = attempt_event.actor_id
WHERE attempt.sitting_id = :sitting_id
ORDER BY attempt_event.aggregate_id, attempt_event.pos""")
"""All that moved a deadline in this room, with what was written beside it."""

ASKS = sa.text(f"""
SELECT attempt.booking_id, attempt_event.kind, attempt_event.at, attempt_event.device_id
FROM attempt
JOIN attempt_event ON attempt_event.aggregate_id = attempt.id AND attempt_event.{ASKS_FOR_WRITER}
WHERE attempt.sitting_id = :sitting_id AND attempt_event.pos > (
  SELECT pos FROM attempt_event WHERE aggregate_id = attempt.id AND {CHANGES_WRITER}
  ORDER BY pos DESC LIMIT 1)
ORDER BY attempt_event.aggregate_id, attempt_event.pos""")
"""Devices that asked to go on, or were permitted, and have not taken over yet."""

ROOM_MOVES = sa.text("""
SELECT room_event.id, room_event.kind, room_event.at, room_event.amount, payload.text AS words,
  account.display_name AS by_name
FROM room_event
LEFT JOIN payload ON payload.id = room_event.id
LEFT JOIN account ON account.id = room_event.actor_id
WHERE room_event.aggregate_id = :sitting_id
ORDER BY room_event.pos""")
"""What was done to the time of the whole room."""

LATE_STARTS = sa.text("""
SELECT late_start.id, late_start.booking_id, late_start.at, late_start.until_at,
  payload.text AS words, account.display_name AS by_name
FROM booking
JOIN late_start ON late_start.aggregate_id = booking.id
LEFT JOIN payload ON payload.id = late_start.id
LEFT JOIN account ON account.id = late_start.actor_id
WHERE booking.sitting_id = :sitting_id
ORDER BY late_start.aggregate_id, late_start.pos""")
"""Who may start after everybody's last start; the last row of a booking holds."""

WAS_SITTING = f"""attempt.at < service_outage.to_at AND NOT EXISTS (
  SELECT 1 FROM attempt_event WHERE attempt_event.aggregate_id = attempt.id
  AND attempt_event.{IS_CLOSING} AND attempt_event.at <= service_outage.from_at)"""
"""Whether an attempt was open while the service was away."""

OUTAGES = sa.text(f"""
SELECT service_outage.id, service_outage.from_at, service_outage.to_at
FROM service_outage
WHERE service_outage.to_at > (SELECT min(at) FROM attempt WHERE sitting_id = :sitting_id)
  AND EXISTS (
    SELECT 1 FROM attempt WHERE attempt.sitting_id = :sitting_id AND {WAS_SITTING})
ORDER BY service_outage.from_at""")
"""When the service was away while somebody in this room sat."""

_ENTRY = """
SELECT room_entry.id, room_entry.kind, room_entry.topic, room_entry.booking_id, room_entry.at,
  room_entry.actor_id, room_entry.refers_to, room_entry.happened_at, room_entry.claimed_age,
  form_item.number AS question, payload.text AS words, account.display_name AS by_name
FROM room_entry
LEFT JOIN payload ON payload.id = room_entry.id
LEFT JOIN form_item ON form_item.id = room_entry.item_id
LEFT JOIN account ON account.id = room_entry.actor_id
WHERE room_entry.sitting_id = :sitting_id"""

OPEN_CALLS = sa.text(f"""{_ENTRY} AND room_entry.{OPENS_CALL} AND NOT EXISTS (
  SELECT 1 FROM room_entry AS answer
  WHERE answer.refers_to = room_entry.id AND answer.{ENDS_HAND})
ORDER BY room_entry.at, room_entry.id""")
"""What candidates wait for an answer to, the oldest first."""

ENTRIES = sa.text(f"""{_ENTRY} AND room_entry.kind <> 'seen'
ORDER BY room_entry.at DESC, room_entry.id LIMIT :most""")
"""The newest entries of the log."""

TOLD = sa.text("""
SELECT room_entry.id, room_entry.kind, room_entry.at, room_entry.refers_to, payload.text AS words,
  seen.id AS seen_id
FROM room_entry
LEFT JOIN payload ON payload.id = room_entry.id
LEFT JOIN room_entry AS seen ON seen.aggregate_id = :booking_id
  AND seen.refers_to = room_entry.id AND seen.kind = 'seen'
WHERE room_entry.aggregate_id IN (:booking_id, :sitting_id)
  AND room_entry.kind IN ('message', 'hand_answered')
ORDER BY room_entry.at, room_entry.id""")
"""What a candidate was told, with whether their page has shown it."""

OWN_CALLS = sa.text(f"""
SELECT room_entry.id, room_entry.kind, room_entry.topic, room_entry.at,
  form_item.number AS question
FROM room_entry LEFT JOIN form_item ON form_item.id = room_entry.item_id
WHERE room_entry.aggregate_id = :booking_id AND room_entry.kind = 'hand_raised' AND NOT EXISTS (
  SELECT 1 FROM room_entry AS answer
  WHERE answer.refers_to = room_entry.id AND answer.{ENDS_HAND})
ORDER BY room_entry.at, room_entry.id""")
"""The calls of one candidate that nobody has answered."""
