import { Button } from "@/components/ui/button"
import { Input } from "@/components/ui/input"
import { useState } from "react"

export default function Order() {
  const [values, setValues] = useState({})
  return (
    <div>
      {props.fields.map((field) => (
        <label key={field}>{field}
          <Input value={values[field] || ""} onChange={(event) => setValues({ ...values, [field]: event.target.value })} />
        </label>
      ))}
      <Button onClick={() => submitElement(values)}>Send it</Button>
      <Button variant="outline" onClick={() => cancelElement()}>Never mind</Button>
    </div>
  )
}
