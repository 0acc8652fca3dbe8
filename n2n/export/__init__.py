"""What a session leaves behind, beside plain notes: MIDI on a grid, pictures, an animation, a project file, a notebook.

Each module makes one kind of file from plain data; none knows the page. quantise.py, pictures.py and animation.py draw and write notes,
recipe.py says what was done to get them, project.py keeps all of it, notebook.py does it again.
"""
