// Connects with postgres.js to the string that is given, and prints which server answers.

import postgres from 'postgres'

const sql = postgres(process.argv[2], { max: 1 })
const [row] = await sql`SHOW cluster_name`
console.log(row.cluster_name)
await sql.end()
