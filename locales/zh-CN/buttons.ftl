# 图片和状态消息下面的按钮：要短，好几个并排也放得下。

button-again = 🔁 重画
button-new-seed = 🎲 换种子
button-more = 🖼 { $count } 张
button-edit = ✏️ 改图
button-edit-number = ✏️ { $number }
button-file = 📎 文件
button-delete = 🗑 删除
button-cancel = ✖️ 取消
button-resend = 📤 重新发送
button-retry = 🔁 再试一次
