import { defineConfig } from 'prisma/config';

const url = process.env.DATABASE_URL;

// For Prisma's own command line, where its schema engine is installed; the project itself needs only `generate`.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(url === undefined ? {} : { datasource: { url } }),
});
