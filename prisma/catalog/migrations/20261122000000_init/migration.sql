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
CREATE TABLE "category" (
    "id" UUID NOT NULL,
    "parent_id" UUID,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "category_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "product" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "group_key" TEXT,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "brand" TEXT,
    "category_id" UUID,
    "media" JSONB NOT NULL,
    "attributes" JSONB NOT NULL,
    "popularity" INTEGER NOT NULL DEFAULT 0,
    "lowest_price" BIGINT,
    "lowest_currency" TEXT,
    "version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "product_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "variant" (
    "id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "options" JSONB NOT NULL,
    "media" JSONB NOT NULL,
    "gtin" TEXT,
    "mpn" TEXT,
    "condition" TEXT,

    CONSTRAINT "variant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "price" (
    "variant_id" UUID NOT NULL,
    "minor_units" BIGINT,
    "currency_code" TEXT,
    "compare_at_minor_units" BIGINT,
    "version" INTEGER NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "price_pkey" PRIMARY KEY ("variant_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_id_key" ON "outbox"("event_id");

-- CreateIndex
CREATE INDEX "outbox_published" ON "outbox"("published_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "category_slug_key" ON "category"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "category_path_key" ON "category"("path");

-- CreateIndex
CREATE INDEX "category_parent" ON "category"("parent_id");

-- CreateIndex
CREATE UNIQUE INDEX "product_slug_key" ON "product"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "product_group_key_key" ON "product"("group_key");

-- CreateIndex
CREATE INDEX "product_category" ON "product"("category_id");

-- CreateIndex
CREATE INDEX "product_brand" ON "product"("brand");

-- CreateIndex
CREATE INDEX "product_newest" ON "product"("created_at", "id");

-- CreateIndex
CREATE INDEX "product_popularity" ON "product"("popularity", "id");

-- CreateIndex
CREATE INDEX "product_updated" ON "product"("updated_at");

-- CreateIndex
CREATE UNIQUE INDEX "variant_sku_key" ON "variant"("sku");

-- CreateIndex
CREATE UNIQUE INDEX "variant_position" ON "variant"("product_id", "position");

-- AddForeignKey
ALTER TABLE "category" ADD CONSTRAINT "category_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "category"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "product" ADD CONSTRAINT "product_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "category"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "variant" ADD CONSTRAINT "variant_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "product"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "price" ADD CONSTRAINT "price_variant_id_fkey" FOREIGN KEY ("variant_id") REFERENCES "variant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma cannot express.
ALTER TABLE "product"
  ADD CONSTRAINT "product_version_grows" CHECK ("version" > 0),
  ADD CONSTRAINT "product_lowest_price" CHECK ("lowest_price" >= 0 AND ("lowest_price" IS NULL) = ("lowest_currency" IS NULL));

ALTER TABLE "price"
  ADD CONSTRAINT "price_version_grows" CHECK ("version" > 0),
  ADD CONSTRAINT "price_amount" CHECK ("minor_units" >= 0 AND ("minor_units" IS NULL) = ("currency_code" IS NULL)),
  ADD CONSTRAINT "price_compare_at" CHECK ("compare_at_minor_units" > "minor_units"),
  ADD CONSTRAINT "price_compare_at_needs_price" CHECK ("minor_units" IS NOT NULL OR "compare_at_minor_units" IS NULL);

-- Lists sorted by title without regard to case, and by price, each currency for itself, with what has none at the end in both directions.
CREATE INDEX "product_title" ON "product" (lower("title"), "id");
CREATE INDEX "product_cheapest" ON "product" (coalesce("lowest_currency", 'ZZZZ'), coalesce("lowest_price", 9223372036854775807), "id");
CREATE INDEX "product_dearest" ON "product" (coalesce("lowest_currency", ''), coalesce("lowest_price", -1), "id");
