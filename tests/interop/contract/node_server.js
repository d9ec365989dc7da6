// The contract served by node-soap: `node node_server.js PORT`; NODE_PATH leads to its packages.
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');
const soap = require('soap');

const notices = [];

function fault(code, reason, detail) {
  return { Fault: { faultcode: code, faultstring: reason, ...(detail && { detail }) } };
}

// What node-soap reads is not what it writes: dates are objects of JavaScript one way and text the other, and a derived
// type has a notation of its own.
function returned(value, name) {
  if (Array.isArray(value)) return value.map((item) => returned(item, name));
  if (value instanceof Date) return name === 'date' ? value.toISOString().slice(0, 10) : value.toISOString();
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'attributes' ? attributes(item) : returned(item, key)]),
  );
}

function attributes(read) {
  const made = {};
  for (const [name, value] of Object.entries(read)) {
    if (name.endsWith(':type')) {
      made['xmlns:xsi'] = 'http://www.w3.org/2001/XMLSchema-instance'; // node-soap declares it in requests alone
      made.xsi_type = { type: value.split(':').pop(), prefix: 'c', xmlns: 'urn:wsx:contract' };
    } else if (!name.includes(':')) {
      made[name] = value;
    }
  }
  return made;
}

const echo = (request) => ({ value: returned(request.value, 'value') });

const operations = {
  echoScalars: echo,
  echoArrays: echo,
  echoShape: echo,
  echoPayment: echo,
  // The reply has a header of its own.
  whoAmI(request, callback, headers) {
    if (!headers || !headers.session) throw fault('soap:Client', 'no session header arrived');
    const { token, step } = headers.session;
    return { token, step };
  },
  divide({ dividend, divisor }) {
    const names = { xmlns: 'urn:wsx:contract' };
    if (divisor === 0) {
      const hint = 'take another divisor';
      throw fault('soap:Client', 'division by zero', { divisionByZero: { attributes: names, dividend, hint } });
    }
    if (dividend > 1000) {
      throw fault('soap:Client', 'out of range', { outOfRange: { attributes: names, $value: 1000 } });
    }
    if (dividend < 0) throw fault('soap:Server', 'not declared');
    return { quotient: Math.trunc(dividend / divisor) };
  },
  notify({ text }) {
    notices.push(text);
  },
  notices: () => ({ text: notices }),
};

const wsdl = path.join(__dirname, 'contract.wsdl');
const server = http.createServer((request, response) => response.end('ready'));
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  const service = { Contract: { Contract: operations } };
  const listener = soap.listen(server, { path: '/soap', services: service, xml: fs.readFileSync(wsdl, 'utf8'), uri: wsdl });
  listener.addSoapHeader((name, args, headers) =>
    name === 'whoAmI' && headers && headers.session
      ? { trace: { attributes: { xmlns: 'urn:wsx:contract' }, id: `after ${headers.session.token}` } }
      : '');
});
