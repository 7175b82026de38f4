// Compares how a page of users becomes text: JSON.stringify() of objects with times as text, as the service does, and a
// serializer that Fastify compiles, of the same objects and of rows with dates: node bench/serializers.mjs
import { fastify } from 'fastify';
import { isoTime } from '../src/platform/serialization/iso-time.ts';

const text = { type: 'string' };
const time = { type: 'string', format: 'date-time' };
const optionalText = { type: ['string', 'null'] };
const user = {
  type: 'object',
  properties: {
    ...{ id: text, email: text, emailVerified: { type: 'boolean' }, displayName: optionalText, locale: text },
    ...{ timezone: text, roles: { type: 'array', items: text }, status: text, createdAt: time, updatedAt: time },
  },
};
const page = { type: 'object', properties: { next: optionalText, prev: optionalText, hasMore: { type: 'boolean' } } };
const schema = { type: 'object', properties: { data: { type: 'array', items: user }, page } };

const server = fastify();
const { promise, resolve } = Promise.withResolvers();
server.get('/', (_request, reply) => {
  resolve(reply.compileSerializationSchema(schema));
  void reply.send('');
});
await server.inject('/');
const compiled = await promise;

const rows = Array.from({ length: 20 }, (_, at) => ({
  ...{ id: '01938c5e-7a80-7000-8000-3f2d6c1b9a04', email: `user-${at}@example.com`, emailVerified: true },
  ...{ displayName: 'Seeded user', locale: 'en', timezone: 'UTC', roles: ['user'], status: 'active' },
  ...{ createdAt: new Date(Date.now() - at * 1000), updatedAt: new Date() },
}));
const objectOf = (row) => ({ ...row, createdAt: isoTime(row.createdAt), updatedAt: isoTime(row.updatedAt) });
const objects = rows.map(objectOf);
const position = { next: 'wZ0XaPq3VtY2m8s5b1k7RlsxLCJuZXh0Il0'.repeat(3), prev: null, hasMore: true };

const count = 50_000;
for (const [name, work] of [
  ['JSON.stringify of objects with text', () => JSON.stringify({ data: objects, page: position })],
  ['the same, with an object made of each row', () => JSON.stringify({ data: rows.map(objectOf), page: position })],
  ['compiled serializer of objects with text', () => compiled({ data: objects, page: position })],
  ['compiled serializer of rows with dates', () => compiled({ data: rows, page: position })],
]) {
  for (let at = 0; at < count; at += 1) work();
  const before = process.cpuUsage();
  for (let at = 0; at < count; at += 1) work();
  const { user: own, system } = process.cpuUsage(before);
  console.log(`${((own + system) / count).toFixed(1)} µs  ${name}`);
}
