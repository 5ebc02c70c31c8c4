-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "event_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "data" JSONB NOT NULL,
    "traceparent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "stream" TEXT,
    "stream_seq" BIGINT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "document" (
    "product_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "brand" TEXT,
    "category_ids" UUID[],
    "attributes" TEXT[],
    "popularity" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "text_hash" TEXT NOT NULL,
    "words" tsvector NOT NULL,

    CONSTRAINT "document_pkey" PRIMARY KEY ("product_id")
);

-- CreateTable
CREATE TABLE "document_sku" (
    "product_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,

    CONSTRAINT "document_sku_pkey" PRIMARY KEY ("product_id","sku")
);

-- CreateTable
CREATE TABLE "category" (
    "id" UUID NOT NULL,
    "parent_id" UUID,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "said_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "category_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sku_price" (
    "sku" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "minor_units" BIGINT,
    "currency_code" TEXT,

    CONSTRAINT "sku_price_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "sku_stock" (
    "sku" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "available" INTEGER NOT NULL,

    CONSTRAINT "sku_stock_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "offer" (
    "product_id" UUID NOT NULL,
    "currency_code" TEXT NOT NULL,
    "minor_units" BIGINT NOT NULL,

    CONSTRAINT "offer_pkey" PRIMARY KEY ("product_id","currency_code")
);

-- CreateTable
CREATE TABLE "availability" (
    "product_id" UUID NOT NULL,
    "in_stock" BOOLEAN NOT NULL,

    CONSTRAINT "availability_pkey" PRIMARY KEY ("product_id")
);

-- CreateTable
CREATE TABLE "progress" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "as_of" TIMESTAMPTZ(3),

    CONSTRAINT "progress_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_id_key" ON "outbox"("event_id");

-- CreateIndex
CREATE INDEX "outbox_published" ON "outbox"("published_at", "id");

-- CreateIndex
CREATE INDEX "document_words" ON "document" USING GIN ("words");

-- CreateIndex
CREATE INDEX "document_category_ids" ON "document" USING GIN ("category_ids");

-- CreateIndex
CREATE INDEX "document_attributes" ON "document" USING GIN ("attributes");

-- CreateIndex
CREATE INDEX "document_sku_sku" ON "document_sku"("sku");


-- What Prisma cannot express

-- A query that is a SKU finds its product, however it is capitalised.
CREATE INDEX "document_sku_folded" ON "document_sku"(lower("sku"));

ALTER TABLE "sku_price" ADD CONSTRAINT "sku_price_whole"
  CHECK (("minor_units" IS NULL) = ("currency_code" IS NULL) AND "minor_units" >= 0);

ALTER TABLE "progress" ADD CONSTRAINT "progress_single" CHECK ("id" = 1);
INSERT INTO "progress" DEFAULT VALUES;
