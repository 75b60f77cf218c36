// The limit of the runtime: reads the body and answers, or leads on. Nothing is verified and nothing kept.

export default {
  async fetch(request) {
    if (request.method === 'GET') return Response.redirect('https://files.example/invoice.pdf', 302)
    await request.arrayBuffer()
    return Response.json({ events: ['evt_00000000000000000000000000000000'] }, { status: 202 })
  },
} satisfies ExportedHandler
