import type pg from 'pg';

type Sample = Readonly<{ schema: string; table: string; key: string; value: string }>;

/** Copies of an order's rows differ in these columns; `n` numbers the copies, and all others are as the order's. */
const CHANGED: Record<string, string> = {
  'orders.id': `md5('order ' || n)::uuid`,
  'orders.number': 'number + n',
  'orders.key_hash': `left(key_hash, 12) || n`,
  'orders.payment_id': `md5('payment ' || n)::uuid`,
  'order_signals.key': `coalesce(key, '') || n`,
};
/** Ids that the tables give themselves. */
const GENERATED = new Set(['order_signals.id', 'stock_movements.id']);
/** What is long past, in the order of its making. */
const PAST = (column: string) => `${column} - interval '30 days' + n * interval '1 ms'`;

const PORTION = 50_000;

/**
 * Fills a database with copies of the one order that is in it, and of its workflow, to the last checkpoint: the
 * tables then look as if so many had been bought, whatever columns they have. `progress` hears the share done.
 */
export async function fill(
  client: pg.Client,
  orders: number,
  workflows: number,
  progress: (share: number) => void,
): Promise<void> {
  const order = (await client.query<{ id: string }>('SELECT id::text FROM orders')).rows[0]!.id;
  const workflow = await workflowOf(client);
  const ofOrder: Sample[] = [
    { schema: 'public', table: 'orders', key: 'id', value: order },
    ...['order_lines', 'order_events', 'order_signals', 'stock_movements'].map((table) => ({
      schema: 'public',
      table,
      key: 'order_id',
      value: order,
    })),
  ];
  const ofWorkflow = await workflowTables(client, workflow);
  // Foreign keys hold by the way the copies are made: to check them would double the time.
  await client.query('SET session_replication_role = replica');
  await client.query('SET synchronous_commit = off');
  for (let from = 1; from <= orders; from += PORTION) {
    const to = Math.min(orders, from + PORTION - 1);
    for (const sample of ofOrder) await copy(client, sample, from, to);
    for (const sample of ofWorkflow) await copy(client, sample, from, Math.min(to, workflows));
    progress(to / orders);
  }
  await client.query('SELECT setval(pg_get_serial_sequence($1, $2), (SELECT max(number) FROM orders))', [
    'orders',
    'number',
  ]);
  await client.query('RESET session_replication_role');
  await client.query('VACUUM ANALYZE');
}

async function workflowOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT workflow_uuid AS id FROM dbos.workflow_status WHERE status = 'SUCCESS' AND name = 'checkout'`,
  );
  if (!rows[0]) throw new Error('the sample order has no finished workflow');
  return rows[0].id;
}

/** The engine's tables that hold something of a workflow. */
async function workflowTables(client: pg.Client, value: string): Promise<Sample[]> {
  const { rows } = await client.query<{ table: string; key: string }>(
    `SELECT table_name AS table, column_name AS key FROM information_schema.columns JOIN information_schema.tables
       USING (table_schema, table_name)
     WHERE table_schema = 'dbos' AND table_type = 'BASE TABLE' AND column_name IN ('workflow_uuid', 'workflow_id')`,
  );
  return rows.map(({ table, key }) => ({ schema: 'dbos', table, key, value }));
}

async function copy(client: pg.Client, { schema, table, key, value }: Sample, from: number, to: number): Promise<void> {
  if (to < from) return;
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = $1 AND table_name = $2 AND is_generated = 'NEVER' ORDER BY ordinal_position`,
    [schema, table],
  );
  const columns = rows.filter(({ name }) => !GENERATED.has(`${table}.${name}`));
  const values = columns.map(({ name, type }) => {
    if (schema === 'dbos') return name === key ? `"${name}" || n` : `"${name}"`;
    if (name === 'order_id') return CHANGED['orders.id'];
    return CHANGED[`${table}.${name}`] ?? (type.startsWith('timestamp') ? PAST(`"${name}"`) : `"${name}"`);
  });
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  await client.query(
    `INSERT INTO ${schema}.${table} (${names}) SELECT ${values.join(', ')}
     FROM generate_series($2::int, $3::int) n, ${schema}.${table} WHERE "${key}"::text = $1`,
    [value, from, to],
  );
}
