const settings = await (await fetch("/project/settings?language=en-US")).json()
document.querySelector("#heading").textContent = `A frontend of its own for ${settings.ui.name}`
