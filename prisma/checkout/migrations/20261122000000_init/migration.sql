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
CREATE TABLE "offer_product" (
    "product_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "offer_product_pkey" PRIMARY KEY ("product_id")
);

-- CreateTable
CREATE TABLE "offer_variant" (
    "product_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,
    "title" TEXT NOT NULL,

    CONSTRAINT "offer_variant_pkey" PRIMARY KEY ("product_id","sku")
);

-- CreateTable
CREATE TABLE "offer_price" (
    "sku" TEXT NOT NULL,
    "minor_units" BIGINT,
    "currency_code" CHAR(3),
    "version" INTEGER NOT NULL,

    CONSTRAINT "offer_price_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "cart" (
    "id" UUID NOT NULL,
    "viewer_id" TEXT,
    "currency_code" CHAR(3),
    "attempt_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "cart_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cart_line" (
    "id" UUID NOT NULL,
    "cart_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "accepted_minor_units" BIGINT NOT NULL,

    CONSTRAINT "cart_line_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempt" (
    "id" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "cart_id" UUID NOT NULL,
    "viewer_id" TEXT,
    "phase" TEXT NOT NULL,
    "state" JSONB NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "lease" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "tries" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "placed_order" (
    "id" UUID NOT NULL,
    "number" BIGSERIAL NOT NULL,
    "attempt_id" UUID NOT NULL,
    "cart_id" UUID NOT NULL,
    "viewer_id" TEXT,
    "status" TEXT NOT NULL,
    "payment_state" TEXT NOT NULL,
    "currency_code" CHAR(3) NOT NULL,
    "subtotal_minor_units" BIGINT NOT NULL,
    "discount_minor_units" BIGINT NOT NULL,
    "shipping_minor_units" BIGINT NOT NULL,
    "tax_minor_units" BIGINT NOT NULL,
    "total_minor_units" BIGINT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "placed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "placed_order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "placed_order_line" (
    "order_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "unit_minor_units" BIGINT NOT NULL,

    CONSTRAINT "placed_order_line_pkey" PRIMARY KEY ("order_id","position")
);

-- CreateTable
CREATE TABLE "local_payment" (
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "authorization_key" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "message" TEXT,
    "minor_units" BIGINT NOT NULL,
    "currency_code" CHAR(3) NOT NULL,
    "token" TEXT,
    "faults" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "local_payment_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_id_key" ON "outbox"("event_id");

-- CreateIndex
CREATE INDEX "outbox_published" ON "outbox"("published_at", "id");

-- CreateIndex
CREATE INDEX "offer_variant_sku" ON "offer_variant"("sku");

-- CreateIndex
CREATE UNIQUE INDEX "cart_line_sku" ON "cart_line"("cart_id", "sku");

-- CreateIndex
CREATE UNIQUE INDEX "attempt_key" ON "attempt"("scope", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "placed_order_number_key" ON "placed_order"("number");

-- CreateIndex
CREATE UNIQUE INDEX "placed_order_attempt_id_key" ON "placed_order"("attempt_id");

-- CreateIndex
CREATE UNIQUE INDEX "placed_order_cart_id_key" ON "placed_order"("cart_id");

-- CreateIndex
CREATE INDEX "placed_order_viewer" ON "placed_order"("viewer_id", "placed_at");

-- AddForeignKey
ALTER TABLE "offer_variant" ADD CONSTRAINT "offer_variant_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "offer_product"("product_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cart_line" ADD CONSTRAINT "cart_line_cart_id_fkey" FOREIGN KEY ("cart_id") REFERENCES "cart"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placed_order" ADD CONSTRAINT "placed_order_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "attempt"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placed_order" ADD CONSTRAINT "placed_order_cart_id_fkey" FOREIGN KEY ("cart_id") REFERENCES "cart"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placed_order_line" ADD CONSTRAINT "placed_order_line_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "placed_order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say, by hand:

-- Order numbers for people start with seven digits.
ALTER SEQUENCE "placed_order_number_seq" RESTART WITH 1000001;

ALTER TABLE "offer_price"
  ADD CONSTRAINT "offer_price_whole" CHECK (("minor_units" IS NULL) = ("currency_code" IS NULL)),
  ADD CONSTRAINT "offer_price_not_negative" CHECK ("minor_units" >= 0);

ALTER TABLE "cart_line"
  ADD CONSTRAINT "cart_line_quantity" CHECK ("quantity" BETWEEN 1 AND 999),
  ADD CONSTRAINT "cart_line_accepted" CHECK ("accepted_minor_units" >= 0);

ALTER TABLE "attempt"
  ADD CONSTRAINT "attempt_phase" CHECK ("phase" IN ('started', 'quoted', 'held', 'authorized', 'ordered', 'sold', 'cancelling', 'done', 'undoing', 'failed')),
  ADD CONSTRAINT "attempt_phase_of_state" CHECK ("phase" = "state" ->> 'at'),
  ADD CONSTRAINT "attempt_lease_whole" CHECK (("lease" IS NULL) = ("lease_until" IS NULL));

-- What recovery looks for (finished attempts are not in it).
CREATE INDEX "attempt_open" ON "attempt"("next_try_at") WHERE "phase" NOT IN ('done', 'failed');

ALTER TABLE "placed_order"
  ADD CONSTRAINT "placed_order_status" CHECK ("status" IN ('PLACED', 'AWAITING_STOCK', 'CONFIRMED', 'CANCELLED')),
  ADD CONSTRAINT "placed_order_payment_state" CHECK ("payment_state" IN ('AUTHORIZED', 'CAPTURED', 'VOIDED')),
  ADD CONSTRAINT "placed_order_total" CHECK ("total_minor_units" = "subtotal_minor_units" - "discount_minor_units" + "shipping_minor_units" + "tax_minor_units");

ALTER TABLE "placed_order_line"
  ADD CONSTRAINT "placed_order_line_quantity" CHECK ("quantity" >= 1),
  ADD CONSTRAINT "placed_order_line_unit" CHECK ("unit_minor_units" >= 0);

ALTER TABLE "local_payment"
  ADD CONSTRAINT "local_payment_kind" CHECK ("kind" IN ('authorize', 'capture', 'void'));

-- An authorization is captured once or voided once, never both.
CREATE UNIQUE INDEX "local_payment_settled" ON "local_payment"("authorization_key") WHERE "kind" IN ('capture', 'void');
