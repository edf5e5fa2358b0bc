const note = document.createElement("div")
note.id = "desk-note"
note.textContent = "A note by the app's own script"
document.body.prepend(note)
window.deskWasHere = true
