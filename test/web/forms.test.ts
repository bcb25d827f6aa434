import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readForm } from '../../src/web/forms.ts';

const form = 'application/x-www-form-urlencoded';
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(async (req, res) => {
    try {
      res.end(JSON.stringify(await readForm(req)));
    } catch (error) {
      res.statusCode = (error as { status?: number }).status ?? 500;
      res.end((error as { key?: string }).key);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function post(body: string | ReadableStream, type: string = form) {
  const init = { method: 'POST', body, headers: { 'content-type': type }, duplex: 'half' };
  const res = await fetch(url, init as RequestInit);
  return { status: res.status, text: await res.text() };
}

test('gives each field once, decoded', async () => {
  const { status, text } = await post('username=ana+silva&code=123%20456&empty=');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual({ username: 'ana silva', code: '123 456', empty: '' });
});

test('takes a charset beside the content type, in any case', async () => {
  expect((await post('a=1', 'Application/X-WWW-Form-URLencoded; charset=UTF-8')).status).toBe(200);
});

test.each(['application/json', 'multipart/form-data; boundary=x', 'text/plain'])(
  'answers %s with 415',
  async (type) => {
    expect(await post('a=1', type)).toEqual({ status: 415, text: 'not-a-form' });
  },
);

test('answers a repeated parameter with 400, because two readers would believe two values', async () => {
  expect(await post('username=ana&username=tom')).toEqual({ status: 400, text: 'bad-request' });
});

test('answers NUL with 400, which PostgreSQL would make a fault', async () => {
  expect((await post('username=ana%00')).status).toBe(400);
});

test('answers a body over 64 KiB with 413, announced or not', async () => {
  const large = `a=${'x'.repeat(65 * 1024)}`;
  expect(await post(large)).toEqual({ status: 413, text: 'too-large' });
  expect(await post(new Blob([large]).stream())).toEqual({ status: 413, text: 'too-large' });
  expect((await post(`a=${'x'.repeat(60 * 1024)}`)).status).toBe(200);
});

test('answers more than a hundred fields with 413', async () => {
  const fields = (count: number) => Array.from({ length: count }, (_, index) => `f${index}=1`).join('&');
  expect((await post(fields(100))).status).toBe(200);
  expect((await post(fields(101))).status).toBe(413);
});

test('has nothing but what was sent: no field comes from a prototype', async () => {
  const { text } = await post('__proto__=x&constructor=y');
  expect(text).toBe('{"__proto__":"x","constructor":"y"}');
});
