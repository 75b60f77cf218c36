// What a call of the official SDK came to: its data, or the error class that it threw.

import { CommetAPIError, CommetValidationError } from '@commet/node'
import { expect } from 'vitest'

/** The data of a call that has to succeed. */
export async function dataOf<T>(answer: Promise<{ success: boolean; data?: T }>): Promise<T> {
  const { success, data } = await answer
  if (!success || data === undefined) throw new Error('the call did not succeed')
  return data
}

/** The SDK's error of a call that has to fail. */
export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('the call did not fail')
}

export async function expectApiError(call: Promise<unknown>, expected: object) {
  const error = await errorOf(call)
  expect(error).toBeInstanceOf(CommetAPIError)
  expect(error).toMatchObject(expected)
}

export async function expectValidationError(call: Promise<unknown>, ...fields: string[]) {
  const error = await errorOf(call)
  if (!(error instanceof CommetValidationError)) throw error
  expect(Object.keys(error.validationErrors)).toEqual(fields)
  for (const messages of Object.values(error.validationErrors)) {
    expect(messages[0]).toMatch(/\w/)
  }
}

export const notFound = (code: string) => ({ statusCode: 404, type: 'not_found_error', code })
