// Reads requests with node-soap and writes them again with its client: lines of JSON in, one line of JSON out for each.
// `node node_again.js` with {"wsdl", "operation", "request"}; {"request"} or {"error"} comes back.
'use strict';

const readline = require('readline');
const soap = require('soap');

// Texts stay as they are: numbers and dates of JavaScript would not (see docs/interop.md).
const kinds = ['int', 'integer', 'short', 'long', 'double', 'float', 'decimal', 'bool', 'boolean', 'date', 'dateTime'];
const options = {
  customDeserializer: Object.fromEntries(kinds.map((kind) => [kind, (text) => text])),
  preserveWhitespace: true,
};
const clients = {};
let sent;
const httpClient = {
  request(url, data, callback) {
    sent = data;
    callback(null, { statusCode: 200, headers: {} }, '');
    return null;
  },
};

// What node-soap reads, as it is to be given to write the same: what is empty reads as null, which would be written as
// nil, and attributes lose what their prefixes mean.
function given(value, namespaces) {
  if (Array.isArray(value)) return value.map((item) => given(item, namespaces));
  if (value === null) return {};
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === 'attributes' ? attributes(item, namespaces) : given(item, namespaces),
  ]);
  return Object.fromEntries(entries);
}

function attributes(read, namespaces) {
  const made = {};
  for (const [name, value] of Object.entries(read)) {
    const [prefix, local] = name.includes(':') ? name.split(':') : ['', name];
    if (namespaces[prefix] === 'http://www.w3.org/2001/XMLSchema-instance' && local === 'type') {
      const [of, type] = value.includes(':') ? value.split(':') : ['', value];
      made.xsi_type = { type, prefix: 'type', xmlns: namespaces[of] };
    } else if (!prefix) {
      made[name] = value;
    }
  }
  return made;
}

async function again({ wsdl, operation, request }) {
  clients[wsdl] ??= await soap.createClientAsync(wsdl, { ...options, httpClient });
  const client = clients[wsdl];
  const { Body } = client.wsdl.xmlToObject(request);
  const name = Object.keys(Body || {}).find((key) => key !== 'attributes');
  const found = [...request.matchAll(/ xmlns(?::([\w.-]+))?="([^"]*)"/g)];
  const namespaces = Object.fromEntries(found.map(([, prefix, ns]) => [prefix || '', ns]).filter(([, ns]) => ns));
  sent = undefined;
  await new Promise((resolve) => client[operation](name === undefined ? {} : given(Body[name], namespaces), resolve));
  return { request: sent };
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let result;
    try {
      result = await again(JSON.parse(line));
    } catch (error) {
      result = { error: String(error.message || error.Fault?.faultstring || error) };
    }
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
})();
