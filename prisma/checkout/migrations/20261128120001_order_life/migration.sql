-- AlterTable
ALTER TABLE "placed_order" ADD COLUMN     "captured_minor_units" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "held_at" TIMESTAMPTZ(3),
ADD COLUMN     "held_for" TEXT,
ADD COLUMN     "refunded_minor_units" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "refunding_minor_units" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "reservation_id" UUID,
ADD COLUMN     "round" UUID;

-- AlterTable
ALTER TABLE "placed_order_line" ADD COLUMN     "fulfilled" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "returned" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "order_parcel" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "carrier" TEXT NOT NULL,
    "tracking_number" TEXT,
    "tracking_url" TEXT,
    "lines" JSONB NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "order_parcel_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_timeline" (
    "order_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "actor_id" TEXT,
    "note" TEXT,

    CONSTRAINT "order_timeline_pkey" PRIMARY KEY ("order_id","version")
);

-- CreateTable
CREATE TABLE "order_operation" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "actor_id" TEXT,
    "reason" TEXT,
    "minor_units" BIGINT,
    "phase" TEXT NOT NULL,
    "state" JSONB NOT NULL,
    "lease" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "tries" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "order_operation_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "order_parcel_position" ON "order_parcel"("order_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "order_operation_key" ON "order_operation"("order_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "placed_order_status_placed" ON "placed_order"("status", "placed_at");

-- CreateIndex
CREATE INDEX "placed_order_placed" ON "placed_order"("placed_at");

-- AddForeignKey
ALTER TABLE "order_parcel" ADD CONSTRAINT "order_parcel_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "placed_order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_timeline" ADD CONSTRAINT "order_timeline_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "placed_order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_operation" ADD CONSTRAINT "order_operation_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "placed_order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say, by hand:

-- Orders of before: their round is the reservation that their placing told of; that is kept with the outbox for a while, the first round is the attempt's id.
UPDATE "placed_order" AS o
SET "round" = coalesce(told."round", o."attempt_id"), "reservation_id" = coalesce(told."round", o."attempt_id"),
    "captured_minor_units" = CASE WHEN o."payment_state" = 'CAPTURED' THEN o."total_minor_units" ELSE 0 END
FROM "placed_order" AS p
LEFT JOIN LATERAL (
  SELECT (x."data" ->> 'reservationId')::uuid AS "round" FROM "outbox" AS x
  WHERE x."type" = 'checkout.order.placed' AND x."data" ->> 'id' = p."id"::text LIMIT 1
) AS told ON true
WHERE o."id" = p."id";

ALTER TABLE "placed_order" ALTER COLUMN "round" SET NOT NULL, ALTER COLUMN "reservation_id" SET NOT NULL;

INSERT INTO "order_timeline" ("order_id", "version", "at", "kind", "actor")
SELECT "id", 1, "placed_at", 'PLACED', 'CUSTOMER' FROM "placed_order";

ALTER TABLE "placed_order"
  DROP CONSTRAINT "placed_order_status",
  ADD CONSTRAINT "placed_order_status" CHECK ("status" IN ('PLACED', 'AWAITING_STOCK', 'CONFIRMED', 'FULFILLED', 'CANCELLING', 'CANCELLED')),
  DROP CONSTRAINT "placed_order_payment_state",
  ADD CONSTRAINT "placed_order_payment_state" CHECK ("payment_state" IN ('AUTHORIZED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED', 'FAILED')),
  ADD CONSTRAINT "placed_order_captured" CHECK ("captured_minor_units" IN (0, "total_minor_units")),
  ADD CONSTRAINT "placed_order_refunds" CHECK ("refunded_minor_units" >= 0 AND "refunding_minor_units" >= 0 AND "refunded_minor_units" + "refunding_minor_units" <= "captured_minor_units"),
  ADD CONSTRAINT "placed_order_held_whole" CHECK (("held_at" IS NULL) = ("held_for" IS NULL));

ALTER TABLE "placed_order_line"
  ADD CONSTRAINT "placed_order_line_sent" CHECK (0 <= "returned" AND "returned" <= "fulfilled" AND "fulfilled" <= "quantity");

ALTER TABLE "order_timeline"
  ADD CONSTRAINT "order_timeline_actor" CHECK ("actor" IN ('SHOP', 'CUSTOMER', 'STAFF'));

ALTER TABLE "order_operation"
  ADD CONSTRAINT "order_operation_kind" CHECK ("kind" IN ('fulfill', 'cancel', 'return', 'refund')),
  ADD CONSTRAINT "order_operation_phase" CHECK ("phase" IN ('settling', 'voiding', 'refunding', 'restocking', 'done', 'failed')),
  ADD CONSTRAINT "order_operation_phase_of_state" CHECK ("phase" = "state" ->> 'at'),
  ADD CONSTRAINT "order_operation_lease_whole" CHECK (("lease" IS NULL) = ("lease_until" IS NULL));

-- What recovery looks for.
CREATE INDEX "order_operation_open" ON "order_operation"("next_try_at") WHERE "phase" NOT IN ('done', 'failed');
