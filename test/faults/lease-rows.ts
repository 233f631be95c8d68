import pg from 'pg';

/** An unfinished workflow of an order: who runs it by its row, and how often it was begun. */
export type Holding = Readonly<{ workflow: string; executor: string; attempts: number }>;

/** Reads who holds the unfinished workflows of a store. */
export async function holdings(databaseUrl: string): Promise<Holding[]> {
  return ask<Holding>(
    databaseUrl,
    `SELECT workflow_uuid AS workflow, executor_id AS executor, recovery_attempts::int AS attempts
     FROM dbos.workflow_status WHERE status IN ('PENDING', 'ENQUEUED')`,
  );
}

/** Reads who holds, or held to its end, each workflow of an order. */
export async function owners(databaseUrl: string): Promise<(Holding & { finished: boolean })[]> {
  return ask(
    databaseUrl,
    `SELECT workflow_uuid AS workflow, executor_id AS executor, recovery_attempts::int AS attempts, status = 'SUCCESS' AS finished
     FROM dbos.workflow_status WHERE name = 'checkout'`,
  );
}

/** Runs one statement on a database. */
export async function ask<Row>(databaseUrl: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}
