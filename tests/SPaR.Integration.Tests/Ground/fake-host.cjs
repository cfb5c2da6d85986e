// Stands in for SPaR.Host: says who it is, answers /health/ready once `ready` stands beside it, ends on SIGTERM, or at once
// while a file `die-<role>` stands beside it.
const { existsSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');

const role = process.argv[process.argv.indexOf('--role') + 1];
console.log(`${role} ${process.pid} ${process.env.ConnectionStrings__Spar} ${process.env.Models__Folder}`);
if (existsSync(join(__dirname, `die-${role}`))) {
  console.error(`${role} cannot live`);
  process.exit(3);
}
process.on('SIGTERM', () => {
  console.log(`${role} stops`);
  process.exit(0);
});
if (role === 'api') {
  const answer = (request, response) => {
    response.writeHead(request.url === '/health/ready' && existsSync(join(__dirname, 'ready')) ? 200 : 503);
    response.end(JSON.stringify({ instance: process.env.Instance }));
  };
  createServer(answer).listen(new URL(process.env.Urls).port, '127.0.0.1');
} else {
  setInterval(() => {}, 1000);
}
