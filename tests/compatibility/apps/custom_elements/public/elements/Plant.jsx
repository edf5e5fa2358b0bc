import { Button } from "@/components/ui/button"
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card"
import { Leaf } from "lucide-react"

export default function Plant() {
  return (
    <Card>
      <CardHeader><CardTitle><Leaf /> {props.plant} with {props.leaves} leaves</CardTitle></CardHeader>
      <CardContent>
        <Button onClick={() => callAction({ name: "water", payload: { plant: props.plant } })}>Water</Button>
        <Button onClick={() => updateElement({ ...props, leaves: props.leaves + 1 })}>One more leaf</Button>
        <Button onClick={() => sendUserMessage("a word from the plant")}>Speak</Button>
        <Button onClick={() => deleteElement()}>Remove</Button>
      </CardContent>
    </Card>
  )
}
