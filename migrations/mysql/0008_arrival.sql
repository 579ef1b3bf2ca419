-- The journal in the order of arrival is for a file, which writes whole pages: see the other dialect. A server logs what
-- changed of a page, and several nodes write to it, so it keeps its entries by auction.
DO 0;
