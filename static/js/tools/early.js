// Puts what a candidate chose about the look of the page onto it before anything is shown. Not a module: it must not wait.

{
  const root = document.documentElement;
  try {
    const kept = JSON.parse(localStorage.getItem("proficiency-look") ?? "{}");
    if (kept.person === root.dataset.person) {
      for (const [name, value] of Object.entries(kept.look)) if (value) root.dataset[name] = value;
    }
  } catch {
    // A browser that keeps nothing shows the page as usual.
  }
}
