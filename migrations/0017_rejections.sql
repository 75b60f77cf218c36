CREATE TABLE `rejections` (
	`hour` integer NOT NULL,
	`endpoint` text NOT NULL,
	`reason` text NOT NULL,
	`count` integer NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`hour`, `endpoint`, `reason`),
	CONSTRAINT "rejections_count" CHECK("rejections"."count" > 0)
) STRICT, WITHOUT ROWID;
