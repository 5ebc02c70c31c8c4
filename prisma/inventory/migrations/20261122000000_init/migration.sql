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
CREATE TABLE "location" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "location_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "stock" (
    "sku" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "stock_level" (
    "sku" TEXT NOT NULL,
    "location" TEXT NOT NULL,
    "on_hand" INTEGER NOT NULL DEFAULT 0,
    "reserved" INTEGER NOT NULL DEFAULT 0,
    "safety" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "stock_level_pkey" PRIMARY KEY ("sku","location")
);

-- CreateTable
CREATE TABLE "movement" (
    "id" BIGSERIAL NOT NULL,
    "sku" TEXT NOT NULL,
    "location" TEXT NOT NULL,
    "delta" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "reason" TEXT,
    "idempotency_key" TEXT,
    "reservation_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "movement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reservation" (
    "id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "shortages" JSON,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "reservation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reservation_line" (
    "reservation_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,
    "location" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,

    CONSTRAINT "reservation_line_pkey" PRIMARY KEY ("reservation_id","sku")
);

-- CreateTable
CREATE TABLE "idempotency" (
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "result" JSON,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_id_key" ON "outbox"("event_id");

-- CreateIndex
CREATE INDEX "outbox_published" ON "outbox"("published_at", "id");

-- CreateIndex
CREATE INDEX "movement_sku_location_id_idx" ON "movement"("sku", "location", "id");

-- CreateIndex
CREATE UNIQUE INDEX "movement_reservation_id_sku_key" ON "movement"("reservation_id", "sku");

-- CreateIndex
CREATE INDEX "reservation_closed_at_idx" ON "reservation"("closed_at");

-- CreateIndex
CREATE INDEX "idempotency_at_idx" ON "idempotency"("at");

-- AddForeignKey
ALTER TABLE "stock_level" ADD CONSTRAINT "stock_level_sku_fkey" FOREIGN KEY ("sku") REFERENCES "stock"("sku") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stock_level" ADD CONSTRAINT "stock_level_location_fkey" FOREIGN KEY ("location") REFERENCES "location"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "movement" ADD CONSTRAINT "movement_sku_location_fkey" FOREIGN KEY ("sku", "location") REFERENCES "stock_level"("sku", "location") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservation_line" ADD CONSTRAINT "reservation_line_reservation_id_fkey" FOREIGN KEY ("reservation_id") REFERENCES "reservation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservation_line" ADD CONSTRAINT "reservation_line_sku_location_fkey" FOREIGN KEY ("sku", "location") REFERENCES "stock_level"("sku", "location") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma cannot say.

ALTER TABLE "stock" ADD CONSTRAINT "stock_version_check" CHECK ("version" >= 0);

-- The last wall against overselling: whatever the code does, nobody holds more than there is.
ALTER TABLE "stock_level"
    ADD CONSTRAINT "stock_level_reserved_check" CHECK ("reserved" >= 0),
    ADD CONSTRAINT "stock_level_safety_check" CHECK ("safety" >= 0),
    ADD CONSTRAINT "stock_level_held_check" CHECK ("reserved" <= "on_hand");

ALTER TABLE "movement"
    ADD CONSTRAINT "movement_delta_check" CHECK ("delta" <> 0),
    ADD CONSTRAINT "movement_kind_check" CHECK ("kind" IN ('count', 'receipt', 'correction', 'sale')),
    ADD CONSTRAINT "movement_sale_check" CHECK (("kind" = 'sale') = ("reservation_id" IS NOT NULL));

ALTER TABLE "reservation"
    ADD CONSTRAINT "reservation_state_check" CHECK ("state" IN ('held', 'committed', 'released', 'expired', 'refused')),
    ADD CONSTRAINT "reservation_closed_check" CHECK (("state" = 'held') = ("closed_at" IS NULL)),
    ADD CONSTRAINT "reservation_refused_check" CHECK (("state" = 'refused') = ("shortages" IS NOT NULL));

ALTER TABLE "reservation_line" ADD CONSTRAINT "reservation_line_quantity_check" CHECK ("quantity" > 0);

-- Which holds end next. The closed ones, nearly all, are not in it.
CREATE INDEX "reservation_held_expires_at" ON "reservation" ("expires_at") WHERE "state" = 'held';

-- The ledger only grows. (The body is one escape string because the engine on npm cuts a script at every semicolon.)
CREATE FUNCTION "movement_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS
    E'BEGIN RAISE EXCEPTION ''The ledger is append-only: correct a movement with another movement.''\x3B END';
CREATE TRIGGER "movement_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "movement"
    FOR EACH STATEMENT EXECUTE FUNCTION "movement_is_append_only"();

INSERT INTO "location" ("code", "name") VALUES ('MAIN', 'Main warehouse');
