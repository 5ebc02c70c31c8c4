-- CreateIndex
CREATE INDEX "local_payment_authorization" ON "local_payment"("authorization_key");
