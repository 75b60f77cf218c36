/** What was promised, or `late` where it takes longer; what it does goes on all the same. */
export async function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
): Promise<Value | 'late'> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => resolve('late'), milliseconds)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
