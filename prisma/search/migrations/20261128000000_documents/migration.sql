-- The index is in memory now; what is kept is what it is made of, in generations: a rebuild fills one beside the other.

DROP TABLE "document", "document_sku", "category", "sku_price", "sku_stock", "offer", "availability", "progress";

CREATE TABLE "generation" (
    "id" SERIAL NOT NULL,
    "state" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "live_at" TIMESTAMPTZ(3),
    "as_of" TIMESTAMPTZ(3),
    "taken_seq" BIGINT NOT NULL DEFAULT 0,
    "target_seq" BIGINT,
    "total" INTEGER,
    "forced" BOOLEAN NOT NULL DEFAULT false,
    "verifier" UUID,
    "verifier_until" TIMESTAMPTZ(3),
    "report" TEXT,
    "swept_at" TIMESTAMPTZ(3),

    CONSTRAINT "generation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "product_document" (
    "generation" INTEGER NOT NULL,
    "product_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "skus" TEXT[],
    "body" JSONB NOT NULL,

    CONSTRAINT "product_document_pkey" PRIMARY KEY ("generation","product_id")
);

CREATE TABLE "variant_price" (
    "generation" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "minor_units" BIGINT,
    "compare_at_minor_units" BIGINT,
    "currency_code" TEXT,

    CONSTRAINT "variant_price_pkey" PRIMARY KEY ("generation","sku")
);

CREATE TABLE "variant_stock" (
    "generation" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "available" INTEGER NOT NULL,
    "sellable" BOOLEAN NOT NULL,

    CONSTRAINT "variant_stock_pkey" PRIMARY KEY ("generation","sku")
);

CREATE TABLE "counted_order" (
    "generation" INTEGER NOT NULL,
    "order_id" UUID NOT NULL,
    "day" DATE NOT NULL,

    CONSTRAINT "counted_order_pkey" PRIMARY KEY ("generation","order_id")
);

CREATE TABLE "variant_sales" (
    "generation" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "units" BIGINT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "variant_sales_pkey" PRIMARY KEY ("generation","sku","day")
);

CREATE TABLE "parked_event" (
    "subject" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "body" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "tries" INTEGER NOT NULL,
    "parked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_event_pkey" PRIMARY KEY ("subject")
);

CREATE TABLE "replayed_event" (
    "id" BIGSERIAL NOT NULL,
    "body" TEXT NOT NULL,
    "replayed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "replayed_event_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "product_document_skus" ON "product_document" USING GIN ("skus");
CREATE INDEX "counted_order_day" ON "counted_order"("day");
CREATE INDEX "variant_sales_changed" ON "variant_sales"("generation", "changed_at");
CREATE INDEX "parked_event_parked_at" ON "parked_event"("parked_at");

-- What Prisma cannot express

ALTER TABLE "generation" ADD CONSTRAINT "generation_state" CHECK ("state" IN ('FILLING', 'LIVE', 'OLD', 'REFUSED'));
CREATE UNIQUE INDEX "generation_one_live" ON "generation"("state") WHERE "state" = 'LIVE';
CREATE UNIQUE INDEX "generation_one_filling" ON "generation"("state") WHERE "state" = 'FILLING';
ALTER TABLE "variant_price" ADD CONSTRAINT "variant_price_whole"
  CHECK (("minor_units" IS NULL) = ("currency_code" IS NULL) AND "minor_units" >= 0);
