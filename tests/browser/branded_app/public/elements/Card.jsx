export default function Card() {
  return <b className="card">the app's card</b>
}
