// Stands in for the store's server: listens, reports to its supervisor, and ends as it is told by its environment or
// by a request. Needs no TypeScript loader, so that it starts quickly.
import { createServer } from 'node:http';

if (process.env.FAKE_EXIT) {
  console.error('fake trouble');
  process.exit(Number(process.env.FAKE_EXIT));
}
const server = createServer((request, response) => {
  if (request.url === '/crash') process.kill(process.pid, 'SIGKILL');
  response.end(String(process.pid));
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  process.send?.({ type: 'progress', message: 'fake progress' });
  process.send?.({ type: 'ready', url: `http://127.0.0.1:${server.address().port}` });
});
const end = () => process.exit(0);
// A stubborn one does not end by itself, whatever happens.
const onEnd = process.env.FAKE_STUBBORN ? () => {} : end;
process.on('SIGTERM', onEnd);
process.on('SIGINT', () => console.log('fake got SIGINT'));
process.on('disconnect', onEnd);
