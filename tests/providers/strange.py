"""Answers nobody would think of."""

from hypothesis import strategies as st

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(
        ["https://x/1.png", "data:image/png;base64,aaaa", "200", "quota", "/a", "SUCCESS", "FAILED"]
    ),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "error",
                    "code",
                    "message",
                    "url",
                    "b64_json",
                    "metadata",
                    "output",
                    "choices",
                    "content",
                    "image",
                    "detail",
                    "success",
                    "task_id",
                    "type",
                    "status",
                    "response",
                    "error_message",
                    "consumed_credits",
                    "request_id",
                ]
            ),
            children,
            max_size=5,
        )
    ),
    max_leaves=25,
)
