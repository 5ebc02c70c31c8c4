CREATE TABLE "discovery_revision" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "rules" INTEGER NOT NULL DEFAULT 0,
    "synonyms" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "discovery_revision_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "merchandising_rule" (
    "code" TEXT NOT NULL,
    "note" TEXT,
    "queries" TEXT[],
    "match" TEXT NOT NULL,
    "category_slugs" TEXT[],
    "pins" UUID[],
    "buried" UUID[],
    "boosts" JSONB NOT NULL,
    "redirect" TEXT,
    "priority" INTEGER NOT NULL,
    "from" TIMESTAMPTZ(3),
    "until" TIMESTAMPTZ(3),
    "active" BOOLEAN NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "merchandising_rule_pkey" PRIMARY KEY ("code")
);

CREATE TABLE "search_synonym" (
    "code" TEXT NOT NULL,
    "terms" TEXT[],
    "replacements" TEXT[],
    "version" INTEGER NOT NULL,

    CONSTRAINT "search_synonym_pkey" PRIMARY KEY ("code")
);

CREATE TABLE "search_demand" (
    "day" DATE NOT NULL,
    "query" TEXT NOT NULL,
    "searches" INTEGER NOT NULL,
    "without_results" INTEGER NOT NULL,

    CONSTRAINT "search_demand_pkey" PRIMARY KEY ("day","query")
);

CREATE TABLE "paired_order" (
    "order_id" UUID NOT NULL,
    "placed_on" DATE NOT NULL,

    CONSTRAINT "paired_order_pkey" PRIMARY KEY ("order_id")
);

CREATE TABLE "bought_together" (
    "sku" TEXT NOT NULL,
    "other" TEXT NOT NULL,
    "orders" INTEGER NOT NULL,
    "last_on" DATE NOT NULL,

    CONSTRAINT "bought_together_pkey" PRIMARY KEY ("sku","other")
);

CREATE INDEX "paired_order_placed_on" ON "paired_order"("placed_on");
CREATE INDEX "bought_together_last_on" ON "bought_together"("last_on");

-- What Prisma cannot express

ALTER TABLE "discovery_revision" ADD CONSTRAINT "discovery_revision_single" CHECK ("id" = 1);
INSERT INTO "discovery_revision" DEFAULT VALUES;
ALTER TABLE "merchandising_rule" ADD CONSTRAINT "merchandising_rule_match" CHECK ("match" IN ('EXACT', 'CONTAINS'));
ALTER TABLE "merchandising_rule" ADD CONSTRAINT "merchandising_rule_period" CHECK ("from" < "until");
ALTER TABLE "search_demand" ADD CONSTRAINT "search_demand_counts" CHECK ("searches" > 0 AND "without_results" BETWEEN 0 AND "searches");
ALTER TABLE "bought_together" ADD CONSTRAINT "bought_together_other" CHECK ("sku" <> "other" AND "orders" > 0);
