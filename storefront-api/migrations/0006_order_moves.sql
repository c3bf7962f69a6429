-- Which request brought an order into its state: one that is repeated since its answer was lost knows its own deed.
ALTER TABLE orders ADD COLUMN move_id uuid;
