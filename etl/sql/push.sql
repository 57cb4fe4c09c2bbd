-- feed --
-- How files of a feed are read, as they were last.
SELECT name AS feed, COALESCE(kind, name) AS kind, title, expected_every_s, config FROM support.feed
 WHERE subdistrict_code = :code AND name = :feed;
