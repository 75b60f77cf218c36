// Vite's `?raw`: a file's own text, for tests that read what a table says twice.
declare module '*?raw' {
  const text: string
  export default text
}
