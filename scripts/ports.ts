// Asks the operating system about ports of 127.0.0.1, the only address that the local stack listens on.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Trouble } from './trouble.ts'

export const HOST = '127.0.0.1'

/**
 * The port if it can be listened on; for 0 one that the system chose. The socket is closed again,
 * because only workerd can open its own.
 * @param variable the environment variable that changes this port, named in the refusal
 * @throws Trouble when the port is taken or not allowed
 */
export async function claimPort(port: number, variable: string): Promise<number> {
  const server = createServer()
  try {
    server.listen({ port, host: HOST, exclusive: true })
    await once(server, 'listening')
    const address: AddressInfo | string | null = server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`
    throw new Trouble(`port ${port} ${why}; choose another one: ${variable}=${port + 1} npm start`)
  } finally {
    server.close()
  }
}

/** The port in an environment variable. Throws Trouble unless it is a whole number from 0 to 65535. */
export function readPort(variable: string, fallback: number): number {
  const text = process.env[variable]
  if (text === undefined || text === '') return fallback
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new Trouble(`${variable} is '${text}'; it must be a port, a whole number up to 65535`)
}
