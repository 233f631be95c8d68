-- Orders that were placed together are advanced together: a page needs room for a second version of all of its rows, or the
-- rest is moved to another page, with an entry in each index. Holds for pages from now on; no row is rewritten.
ALTER TABLE "orders" SET (fillfactor = 50);
