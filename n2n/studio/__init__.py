"""The browser app: the page, and the HTTP endpoints. Gradio is imported in this folder alone.

settings.py holds the limits, workshop.py what all parts of the app share; server.py starts it all. page.py says what stands where,
handlers.py what happens on a click, api.py what other programs may call, markup.py the texts. view.py is what the page and its handlers say
to each other, jobs.py the model at work, session.py what is remembered of a tab, turns.py stops jobs and finds them a GPU, refusals.py says
what went wrong. editor.py is the drum roll as a component: `n2n.edits` checks what it sends, feeds.py is what it is told, `n2n.planes`
packs what it draws. recordings.py decodes, files.py keeps files for a while and memory.py what is remembered, local.py keeps the app to its
machine. keep.py offers files of a session, which keeper.py makes; learn.py and lesson.py are the second page.
"""
