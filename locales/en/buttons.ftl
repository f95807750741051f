# Buttons under pictures and status messages: short, so that several fit beside each other.

button-again = 🔁 Again
button-new-seed = 🎲 New seed
button-more = 🖼 × { $count }
button-edit = ✏️ Edit
button-edit-number = ✏️ { $number }
button-file = 📎 File
button-delete = 🗑 Delete
button-cancel = ✖️ Cancel
button-resend = 📤 Send again
button-retry = 🔁 Try again
