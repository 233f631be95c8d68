// Stands in for the store's server: listens, reports to its supervisor, and ends as it is told by its environment or
// by a request. Needs no TypeScript loader, so that it starts quickly.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

// A file, where it is there, changes the environment of those that start from then on.
const late = join(process.env.DATA_DIR, 'fake-exit');
const code = process.env.FAKE_EXIT ?? (existsSync(late) && readFileSync(late, 'utf8'));
if (code) {
  console.error('fake trouble');
  process.exit(Number(code));
}
const server = createServer((request, response) => {
  if (request.url === '/crash') process.kill(process.pid, 'SIGKILL');
  // A connection for each answer: they reach all that listen.
  response.setHeader('connection', 'close').end(String(process.pid));
});
server.listen({ fd: Number(process.env.LISTEN_FD) }, () => {
  process.send?.({ type: 'progress', message: 'fake progress' });
  process.send?.({ type: 'ready', url: `http://127.0.0.1:${server.address().port}` });
});
const end = () => server.close(() => process.exit(0));
// A stubborn one does not end by itself, whatever happens.
const onEnd = process.env.FAKE_STUBBORN ? () => {} : end;
process.on('SIGTERM', onEnd);
process.on('SIGINT', () => console.log('fake got SIGINT'));
process.on('disconnect', onEnd);
