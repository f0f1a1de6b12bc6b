// node-oidc-provider, a certified OpenID provider, as a process of its own on a loopback port.
// Each line on standard input is JSON: {"configuration": its own, "accounts": {login: claims}}, and takes the place of
// the one before, as a deployment would: sessions stay. The answer is a line {"issuer": URL}. It ends with its input.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

console.info = console.warn; // what it has to say goes to standard error: the other is for answers

let answer;
const server = createServer((request, response) => answer(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

// Without accounts, the provider's own ones are in force: everybody exists, and has no claims but `sub`.
const people = (accounts) => accounts && {
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts[sub] }) }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { configuration, accounts } = JSON.parse(line);
  answer = new Provider(issuer, { ...configuration, ...people(accounts) }).callback();
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
}
process.exit();
