// An OpenID provider that gives tokens to one client: node token_server.mjs PORT LIFE_S METHOD.
import Provider from 'oidc-provider';

const [port, lifeSeconds, method] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'agent',
      client_secret: 's:cret & more',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: method,
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  scopes: ['traces:write'],
  ttl: { ClientCredentials: Number(lifeSeconds) },
});
provider.listen(Number(port), '127.0.0.1');
