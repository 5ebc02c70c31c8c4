-- "Operation" is a word for what a client sends: what an order needs done is a task.
ALTER TABLE "order_operation" RENAME TO "order_task";
ALTER TABLE "order_task" RENAME CONSTRAINT "order_operation_pkey" TO "order_task_pkey";
ALTER TABLE "order_task" RENAME CONSTRAINT "order_operation_order_id_fkey" TO "order_task_order_id_fkey";
ALTER TABLE "order_task" RENAME CONSTRAINT "order_operation_kind" TO "order_task_kind";
ALTER TABLE "order_task" RENAME CONSTRAINT "order_operation_phase" TO "order_task_phase";
ALTER TABLE "order_task" RENAME CONSTRAINT "order_operation_phase_of_state" TO "order_task_phase_of_state";
ALTER TABLE "order_task" RENAME CONSTRAINT "order_operation_lease_whole" TO "order_task_lease_whole";
ALTER INDEX "order_operation_key" RENAME TO "order_task_key";
ALTER INDEX "order_operation_open" RENAME TO "order_task_open";
