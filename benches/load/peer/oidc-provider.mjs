// oidc-provider as the load bench asks it: one service with a secret, JWT access tokens by ES256,
// refresh tokens that rotate. A grant of its own, `start`, begins families without a browser.
import { generateKeyPairSync } from 'node:crypto'
import http from 'node:http'
import Provider from 'oidc-provider'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
const provider = new Provider('http://127.0.0.1', {
  jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig' }] },
  clients: [{
    client_id: 'billing-service',
    client_secret: 'a-secret-of-the-bench-0123456789-abcdefghij',
    grant_types: ['client_credentials', 'refresh_token', 'authorization_code', 'start'],
    redirect_uris: ['https://app.example.com/callback'],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  }],
  scopes: ['openid', 'offline_access', 'read:customers'],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  ttl: { Grant: 86400, RefreshToken: 86400, AccessToken: 3600, IdToken: 3600, ClientCredentials: 3600 },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://api.mycompany.com',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'read:customers', audience: 'https://api.mycompany.com',
        accessTokenFormat: process.env.FORMAT ?? 'jwt', jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})
provider.registerGrantType('start', async (ctx) => {
  const client = ctx.oidc.client
  const grant = new provider.Grant({ accountId: 'ada', clientId: client.clientId })
  grant.addOIDCScope('openid offline_access')
  grant.addResourceScope('https://api.mycompany.com', 'read:customers')
  const grantId = await grant.save()
  const token = new provider.RefreshToken({
    accountId: 'ada', client, grantId, gty: 'authorization_code', rotations: 0,
    scope: 'openid offline_access read:customers', resource: 'https://api.mycompany.com',
    claims: {}, acr: '0', amr: ['pwd'], authTime: Math.floor(Date.now() / 1000),
  })
  ctx.body = { refresh_token: await token.save() }
}, ['scope'])
const server = http.createServer(provider.callback())
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
