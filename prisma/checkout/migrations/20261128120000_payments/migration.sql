-- CreateTable
CREATE TABLE "payment_reference" (
    "authorization_key" TEXT NOT NULL,
    "reference" TEXT,
    "faults" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payment_reference_pkey" PRIMARY KEY ("authorization_key")
);

-- CreateTable
CREATE TABLE "payment_notification" (
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payment_notification_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "payment_reference_reference_key" ON "payment_reference"("reference");

-- CreateIndex
CREATE INDEX "payment_notification_received" ON "payment_notification"("received_at");

-- What Prisma's schema cannot say, by hand:

-- An attempt may wait for the shopper, or for a review of its order.
ALTER TABLE "attempt"
  DROP CONSTRAINT "attempt_phase",
  ADD CONSTRAINT "attempt_phase" CHECK ("phase" IN ('started', 'quoted', 'held', 'awaitingAction', 'authorized', 'ordered', 'reviewing', 'sold', 'cancelling', 'done', 'undoing', 'failed'));

-- Open attempts are also found by their round: what a provider's notification names.
CREATE INDEX "attempt_open_round" ON "attempt"(("state" ->> 'round')) WHERE "phase" NOT IN ('done', 'failed');

ALTER TABLE "local_payment"
  DROP CONSTRAINT "local_payment_kind",
  ADD CONSTRAINT "local_payment_kind" CHECK ("kind" IN ('authorize', 'capture', 'refusal', 'void', 'refund'));
