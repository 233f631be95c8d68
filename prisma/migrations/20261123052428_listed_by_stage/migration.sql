-- CreateEnum
CREATE TYPE "OrderStage" AS ENUM ('OPEN', 'DISPATCHED', 'CANCELLED');

-- DropIndex
DROP INDEX "orders_status_number_idx";

-- Written by hand: it is generated, and the table rewritten. An update that leaves all indexed columns as they were touches no index; with the
-- status in one, each payment wrote a new entry in every index of the table.
ALTER TABLE "orders" ADD COLUMN "stage" "OrderStage" NOT NULL GENERATED ALWAYS AS (
    CASE "status"
        WHEN 'DISPATCHED' THEN 'DISPATCHED'::"OrderStage"
        WHEN 'CANCELLED' THEN 'CANCELLED'::"OrderStage"
        ELSE 'OPEN'::"OrderStage"
    END) STORED;

-- CreateIndex
CREATE INDEX "orders_stage_number_idx" ON "orders"("stage", "number");
