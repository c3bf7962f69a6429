-- The outbox holds mails, which leave and go, and events of orders, which stay for 30 days: each is looked for by itself.
-- The old index goes at once and before all else, so that the table is locked once: statements of before fit the new ones.

DROP INDEX outbox_due;
CREATE INDEX outbox_due_mails ON outbox (next_attempt_at, id) WHERE sent_at IS NULL AND topic LIKE 'mail.%';
-- What the sweeper removes.
CREATE INDEX outbox_unsent_mails ON outbox (created_at) WHERE sent_at IS NULL AND topic LIKE 'mail.%';
CREATE INDEX outbox_events ON outbox (created_at) WHERE topic LIKE 'order.%';
