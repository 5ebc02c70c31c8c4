-- AlterTable
ALTER TABLE "cart" ADD COLUMN     "billing_address" JSONB,
ADD COLUMN     "buyer_email" TEXT,
ADD COLUMN     "discount_codes" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "merged_into" UUID,
ADD COLUMN     "shipping_address" JSONB,
ADD COLUMN     "shipping_choice" JSONB;

-- AlterTable
ALTER TABLE "placed_order" ADD COLUMN     "billing_address" JSONB,
ADD COLUMN     "buyer_email" TEXT,
ADD COLUMN     "delivery" JSONB,
ADD COLUMN     "shipping_address" JSONB,
ADD COLUMN     "tax_included_minor_units" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "placed_order_line" ADD COLUMN     "discount_minor_units" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "discounts" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "tax_included_minor_units" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "tax_minor_units" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "offer_stock" (
    "sku" TEXT NOT NULL,
    "available" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "offer_stock_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "offer_terms" (
    "sku" TEXT NOT NULL,
    "min_quantity" INTEGER NOT NULL DEFAULT 1,
    "max_quantity" INTEGER,
    "step" INTEGER NOT NULL DEFAULT 1,
    "weight_grams" INTEGER NOT NULL DEFAULT 0,
    "tax_class" TEXT NOT NULL DEFAULT 'standard',
    "ships" BOOLEAN NOT NULL DEFAULT true,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "offer_terms_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "promotion" (
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "code" TEXT,
    "rule" JSONB NOT NULL,
    "skus" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "minimum" JSONB,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "stacking" TEXT NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "usage_limit" INTEGER,
    "usage_limit_per_customer" INTEGER,
    "uses" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "promotion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "promotion_use" (
    "order_id" UUID NOT NULL,
    "promotion_id" UUID NOT NULL,
    "customer" TEXT,
    "given_back_at" TIMESTAMPTZ(3),

    CONSTRAINT "promotion_use_pkey" PRIMARY KEY ("order_id","promotion_id")
);

-- CreateTable
CREATE TABLE "promotion_customer" (
    "promotion_id" UUID NOT NULL,
    "customer" TEXT NOT NULL,
    "uses" INTEGER NOT NULL,

    CONSTRAINT "promotion_customer_pkey" PRIMARY KEY ("promotion_id","customer")
);

-- CreateTable
CREATE TABLE "shipping_zone" (
    "code" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "places" JSONB NOT NULL,
    "rates" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shipping_zone_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "tax_rate" (
    "country_code" CHAR(2) NOT NULL,
    "region" TEXT NOT NULL,
    "tax_class" TEXT NOT NULL,
    "ppm" INTEGER NOT NULL,
    "included" BOOLEAN NOT NULL,

    CONSTRAINT "tax_rate_pkey" PRIMARY KEY ("country_code","region","tax_class")
);

-- CreateIndex
CREATE UNIQUE INDEX "promotion_code_key" ON "promotion"("code");

-- CreateIndex
CREATE INDEX "promotion_created" ON "promotion"("created_at", "id");

-- CreateIndex
CREATE INDEX "cart_viewer" ON "cart"("viewer_id", "updated_at");

-- AddForeignKey
ALTER TABLE "promotion_use" ADD CONSTRAINT "promotion_use_promotion_id_fkey" FOREIGN KEY ("promotion_id") REFERENCES "promotion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotion_customer" ADD CONSTRAINT "promotion_customer_promotion_id_fkey" FOREIGN KEY ("promotion_id") REFERENCES "promotion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say, by hand:

ALTER TABLE "offer_terms"
  ADD CONSTRAINT "offer_terms_quantity" CHECK ("min_quantity" BETWEEN 1 AND 999 AND "max_quantity" BETWEEN "min_quantity" AND 999),
  ADD CONSTRAINT "offer_terms_step" CHECK ("step" BETWEEN 1 AND 999),
  ADD CONSTRAINT "offer_terms_weight" CHECK ("weight_grams" >= 0);

ALTER TABLE "promotion"
  ADD CONSTRAINT "promotion_stacking" CHECK ("stacking" IN ('exclusive', 'stacks')),
  ADD CONSTRAINT "promotion_window" CHECK ("ends_at" >= "starts_at"),
  ADD CONSTRAINT "promotion_uses" CHECK ("uses" >= 0);

ALTER TABLE "promotion_customer"
  ADD CONSTRAINT "promotion_customer_uses" CHECK ("uses" >= 0);

-- The promotions that come by themselves, which every cart is priced with.
CREATE INDEX "promotion_automatic" ON "promotion"("ends_at") WHERE "code" IS NULL;

ALTER TABLE "tax_rate"
  ADD CONSTRAINT "tax_rate_ppm" CHECK ("ppm" BETWEEN 0 AND 1000000);

ALTER TABLE "placed_order_line"
  ADD CONSTRAINT "placed_order_line_money" CHECK ("discount_minor_units" >= 0 AND "tax_minor_units" >= 0 AND "tax_included_minor_units" >= 0);
