// node-oidc-provider, a certified OpenID provider, in its own process on a loopback port.
// Each line on standard input is JSON: {"configuration": its own, "accounts": {login: claims}}, and replaces
// the previous one; sessions are kept. The answer is a line {"issuer": URL}. It stops at the end of its input.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

console.info = console.warn; // standard output is for answers only

let answer;
const server = createServer((request, response) => answer(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

// Without accounts, the provider's default applies: every login exists, and has no claim but `sub`.
const people = (accounts) => accounts && {
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts[sub] }) }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { configuration, accounts } = JSON.parse(line);
  answer = new Provider(issuer, { ...configuration, ...people(accounts) }).callback();
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
}
process.exit();
