-- DropIndex
DROP INDEX "movement_reservation_id_sku_key";

-- AlterTable
ALTER TABLE "location" ADD COLUMN     "active" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "country" TEXT,
ADD COLUMN     "latitude" DOUBLE PRECISION,
ADD COLUMN     "longitude" DOUBLE PRECISION,
ADD COLUMN     "region" TEXT,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "movement" ADD COLUMN     "return_id" UUID,
ADD COLUMN     "transfer_id" UUID;

-- AlterTable
ALTER TABLE "reservation_line" DROP CONSTRAINT "reservation_line_pkey",
ADD COLUMN     "backordered" INTEGER NOT NULL DEFAULT 0,
ADD CONSTRAINT "reservation_line_pkey" PRIMARY KEY ("reservation_id", "sku", "location");

-- AlterTable
ALTER TABLE "stock" ADD COLUMN     "backorder_limit" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "backorder_location" TEXT,
ADD COLUMN     "low_stock_threshold" INTEGER,
ADD COLUMN     "policy" TEXT NOT NULL DEFAULT 'DENY',
ADD COLUMN     "release_at" TIMESTAMPTZ(3),
ADD COLUMN     "restock_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "stock_level" ADD COLUMN     "backorder_limit" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "movement_reservation_id_idx" ON "movement"("reservation_id");

-- CreateIndex
CREATE INDEX "movement_sku_id_idx" ON "movement"("sku", "id");

-- CreateIndex
CREATE UNIQUE INDEX "movement_transfer_id_location_key" ON "movement"("transfer_id", "location");

-- CreateIndex
CREATE UNIQUE INDEX "movement_return_id_sku_location_key" ON "movement"("return_id", "sku", "location");

-- CreateIndex
CREATE INDEX "stock_level_location_idx" ON "stock_level"("location");

-- AddForeignKey
ALTER TABLE "stock" ADD CONSTRAINT "stock_backorder_location_fkey" FOREIGN KEY ("backorder_location") REFERENCES "location"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma cannot say.

ALTER TABLE "location"
    ADD CONSTRAINT "location_version_check" CHECK ("version" > 0),
    ADD CONSTRAINT "location_country_check" CHECK ("country" ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT "location_position_check" CHECK (
        ("latitude" IS NULL) = ("longitude" IS NULL)
        AND "latitude" BETWEEN -90 AND 90 AND "longitude" BETWEEN -180 AND 180
    );

ALTER TABLE "stock"
    ADD CONSTRAINT "stock_policy_check" CHECK ("policy" IN ('DENY', 'BACKORDER', 'PREORDER')),
    ADD CONSTRAINT "stock_backorder_check" CHECK (
        CASE WHEN "policy" = 'DENY' THEN "backorder_limit" = 0 AND "backorder_location" IS NULL
        ELSE "backorder_limit" > 0 AND "backorder_location" IS NOT NULL END
    ),
    ADD CONSTRAINT "stock_release_check" CHECK (("policy" = 'PREORDER') = ("release_at" IS NOT NULL)),
    ADD CONSTRAINT "stock_threshold_check" CHECK ("low_stock_threshold" >= 0);

-- The last wall against overselling: whatever the code does, nobody holds or sells more than there is and what a policy lets be beyond it.
-- Selling what is held lowers both sides of it.
ALTER TABLE "stock_level"
    DROP CONSTRAINT "stock_level_held_check",
    ADD CONSTRAINT "stock_level_backorder_limit_check" CHECK ("backorder_limit" >= 0),
    ADD CONSTRAINT "stock_level_held_check" CHECK ("reserved" <= "on_hand" + "backorder_limit");

ALTER TABLE "movement"
    DROP CONSTRAINT "movement_kind_check",
    DROP CONSTRAINT "movement_sale_check",
    ADD CONSTRAINT "movement_kind_check" CHECK (
        "kind" IN ('count', 'receipt', 'correction', 'sale', 'transfer', 'return')
    ),
    ADD CONSTRAINT "movement_reservation_check" CHECK (
        CASE "kind" WHEN 'sale' THEN "reservation_id" IS NOT NULL WHEN 'return' THEN true ELSE "reservation_id" IS NULL END
    ),
    ADD CONSTRAINT "movement_transfer_check" CHECK (("kind" = 'transfer') = ("transfer_id" IS NOT NULL)),
    ADD CONSTRAINT "movement_return_check" CHECK ("return_id" IS NULL OR "kind" = 'return'),
    ADD CONSTRAINT "movement_sign_check" CHECK (
        CASE "kind" WHEN 'sale' THEN "delta" < 0 WHEN 'return' THEN "delta" > 0 ELSE true END
    );

ALTER TABLE "reservation_line"
    ADD CONSTRAINT "reservation_line_backordered_check" CHECK ("backordered" BETWEEN 0 AND "quantity");

-- A reservation sells its units of a location once.
CREATE UNIQUE INDEX "movement_one_sale" ON "movement" ("reservation_id", "sku", "location") WHERE "kind" = 'sale';

-- Which pre-orders end next.
CREATE INDEX "stock_release_at" ON "stock" ("release_at") WHERE "policy" = 'PREORDER';
